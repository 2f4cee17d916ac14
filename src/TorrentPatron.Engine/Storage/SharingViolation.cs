namespace TorrentPatron.Engine.Storage;

/// <summary>
/// A file that another program holds: a virus scanner, an indexer, a player. On Windows it cannot be opened, renamed or deleted then, which is
/// over in moments as a rule: what failed so is tried again.
/// </summary>
/// <remarks>On Unix only locks of those who keep to them are seen so, such as .NET's own.</remarks>
public static class SharingViolation
{
    /// <summary>How long a payload file may be held before its torrent fails.</summary>
    internal static readonly TimeSpan LongPatience = TimeSpan.FromSeconds(30);

    /// <summary>How long something is tried again by a thread that waits: what is saved, what is deleted.</summary>
    internal static readonly TimeSpan ShortPatience = TimeSpan.FromSeconds(2);

    /// <summary>Time between two tries of what takes its turn like others.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private const int ErrorSharingViolation = unchecked((int)0x80070020), ErrorLockViolation = unchecked((int)0x80070021);
    private const int EAgainLinux = 11, EAgainMac = 35;
    private const int MostMilliseconds = 100;

    /// <summary>Whether that is why something failed.</summary>
    /// <param name="fault">What the system said.</param>
    public static bool Is(Exception fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return fault is IOException && (OperatingSystem.IsWindows()
            ? fault.HResult is ErrorSharingViolation or ErrorLockViolation
            : fault.HResult == (OperatingSystem.IsMacOS() ? EAgainMac : EAgainLinux));
    }

    /// <summary>
    /// Whether that may be why a file could not be renamed over another one, or deleted: Windows denies access then, as it does for other
    /// reasons.
    /// </summary>
    /// <param name="fault">What the system said.</param>
    internal static bool MayBe(Exception fault) => Is(fault) || (OperatingSystem.IsWindows() && fault is UnauthorizedAccessException);

    /// <summary>Does something, and tries it again for some 2 s while another program holds the file. Blocks the thread.</summary>
    /// <param name="work">The work.</param>
    /// <typeparam name="T">The result.</typeparam>
    public static T Retry<T>(Func<T> work) => Retry(work, ShortPatience);

    /// <inheritdoc cref="Retry{T}(Func{T})"/>
    public static void Retry(Action work) => Retry(work, Is);

    /// <summary>As <see cref="Retry(Action)"/>, for renaming over a file and deleting, where Windows denies access; see <see cref="MayBe"/>.</summary>
    /// <param name="work">The work.</param>
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

    /// <summary>As the others, for another time and other faults.</summary>
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

    /// <summary>Does something, and tries it again for some 30 s while another program holds the file. No thread waits.</summary>
    /// <param name="work">The work.</param>
    /// <param name="whenHeld">Is told when it begins to wait.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
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
