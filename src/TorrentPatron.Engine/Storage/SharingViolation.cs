namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Handles files that another program has locked: a virus scanner, an indexer, a player. On Windows they cannot be opened,
/// renamed or deleted meanwhile, usually for moments, so the operation is retried.
/// </summary>
/// <remarks>On Unix this covers only locks that are honoured, such as .NET's own.</remarks>
public static class SharingViolation
{
    /// <summary>How long a payload file may be locked before its torrent fails.</summary>
    internal static readonly TimeSpan LongPatience = TimeSpan.FromSeconds(30);

    /// <summary>How long a blocking operation is retried: saving, deleting.</summary>
    internal static readonly TimeSpan ShortPatience = TimeSpan.FromSeconds(2);

    /// <summary>Time between two attempts of work that takes turns with others.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private const int ErrorSharingViolation = unchecked((int)0x80070020), ErrorLockViolation = unchecked((int)0x80070021);
    private const int EAgainLinux = 11, EAgainMac = 35;
    private const int MostMilliseconds = 100;

    /// <summary>Whether a lock by another program caused a failure.</summary>
    /// <param name="fault">The system's exception.</param>
    public static bool Is(Exception fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return fault is IOException && (OperatingSystem.IsWindows()
            ? fault.HResult is ErrorSharingViolation or ErrorLockViolation
            : fault.HResult == (OperatingSystem.IsMacOS() ? EAgainMac : EAgainLinux));
    }

    /// <summary>
    /// Whether such a lock may have caused the failure of a rename over a file, or a deletion: Windows then denies access, as it
    /// does for other reasons.
    /// </summary>
    /// <param name="fault">The system's exception.</param>
    internal static bool MayBe(Exception fault) => Is(fault) || (OperatingSystem.IsWindows() && fault is UnauthorizedAccessException);

    /// <summary>
    /// Runs a function, with retries for some 2 s while another program has locked the file. Blocks the thread.
    /// </summary>
    /// <param name="work">The function.</param>
    /// <typeparam name="T">The result.</typeparam>
    public static T Retry<T>(Func<T> work) => Retry(work, ShortPatience);

    /// <inheritdoc cref="Retry{T}(Func{T})"/>
    public static void Retry(Action work) => Retry(work, Is);

    /// <summary>
    /// The same as <see cref="Retry(Action)"/>, for deletions and renames over a file, where Windows denies access; see
    /// <see cref="MayBe"/>.
    /// </summary>
    /// <param name="work">The action.</param>
    public static void RetryDenied(Action work) => Retry(work, MayBe);

    internal static void Retry(Action work, Func<Exception, bool> isHeld)
    {
        ArgumentNullException.ThrowIfNull(work);
        Retry(
            () =>
            {
                work();
                return true;
            },
            ShortPatience, isHeld);
    }

    /// <summary>The general form, with a time limit and a filter.</summary>
    internal static T Retry<T>(Func<T> work, TimeSpan patience, Func<Exception, bool>? isHeld = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        long began = TimeProvider.System.GetTimestamp();
        for (int pause = 5; ; pause = Math.Min(2 * pause, MostMilliseconds))
        {
            try
            {
                return work();
            }
            catch (Exception fault) when ((isHeld ?? Is)(fault) && TimeProvider.System.GetElapsedTime(began) < patience)
            {
                Thread.Sleep(pause);
            }
        }
    }

    /// <summary>
    /// Runs an operation, with retries for some 30 s while another program has locked the file. No thread is blocked.
    /// </summary>
    /// <param name="work">The operation.</param>
    /// <param name="whenHeld">Called when it begins to wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal static async Task RetryAsync(Func<Task> work, Action whenHeld, CancellationToken cancellationToken)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await work().ConfigureAwait(false);
                return;
            }
            catch (IOException fault) when (Is(fault) && TimeProvider.System.GetElapsedTime(began) < LongPatience)
            {
                whenHeld();
            }

            await Task.Delay(Interval, cancellationToken).ConfigureAwait(false);
        }
    }
}
