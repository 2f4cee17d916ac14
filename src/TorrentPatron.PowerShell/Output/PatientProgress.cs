using TorrentPatron.Engine.Timing;

namespace TorrentPatron.PowerShell.Output;

/// <summary>Shows how far some work is, where it takes longer than a moment; a few times a second, for progress is dear.</summary>
/// <param name="output">Where it is shown.</param>
/// <param name="time">The clock.</param>
internal sealed class PatientProgress(ICommandOutput output, TimeProvider time)
{
    /// <summary>Time between two notes.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>What is over sooner needs no progress.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Instant _begun = Instant.Now(time);
    private Instant _nextLook = Instant.Now(time) + Interval;

    /// <summary>Shows progress until the work has ended, in whatever way.</summary>
    /// <param name="work">The work.</param>
    /// <param name="note">Says how far it is.</param>
    /// <param name="cancellationToken">Ends the showing.</param>
    public async Task ShowUntilAsync(Task work, Func<ProgressNote> note, CancellationToken cancellationToken)
    {
        while (!await TickAsync(work, cancellationToken).ConfigureAwait(false))
            await ShowAsync(note).ConfigureAwait(false);
    }

    /// <summary>Waits until it is time for a note, or something has ended.</summary>
    /// <returns>Whether it has ended.</returns>
    public async Task<bool> TickAsync(Task something, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task tick = Task.Delay(Interval, time, ended.Token);
        await Task.WhenAny(something, tick).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return something.IsCompleted;
    }

    /// <summary>Whether it is time for another look: so that what happens often is not looked at each time.</summary>
    public bool IsTimeToLook()
    {
        var now = Instant.Now(time);
        if (now < _nextLook)
            return false;
        _nextLook = now + Interval;
        return true;
    }

    /// <summary>Shows a note, once it has taken long enough.</summary>
    /// <param name="note">Says how far it is.</param>
    public Task ShowAsync(Func<ProgressNote> note) => Instant.Now(time) - _begun >= Patience ? output.ReportAsync(note()) : Task.CompletedTask;
}
