using TorrentPatron.Engine.Timing;

namespace TorrentPatron.PowerShell.Output;

/// <summary>Shows the progress of work that takes more than a moment; a few times a second, since progress is expensive.</summary>
/// <param name="output">Where it is shown.</param>
/// <param name="time">The clock.</param>
internal sealed class DelayedProgress(ICommandOutput output, TimeProvider time)
{
    /// <summary>Time between two notes.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Shorter work shows no progress.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Instant _begun = Instant.Now(time);
    private Instant _nextLook = Instant.Now(time) + Interval;

    /// <summary>Shows progress until the work has ended, with or without success.</summary>
    /// <param name="work">The work.</param>
    /// <param name="note">Describes the progress.</param>
    /// <param name="cancellationToken">Stops showing it.</param>
    public async Task ShowUntilAsync(Task work, Func<ProgressNote> note, CancellationToken cancellationToken)
    {
        while (!await TickAsync(work, cancellationToken).ConfigureAwait(false))
            await ShowAsync(note).ConfigureAwait(false);
    }

    /// <summary>Waits until the next note is due or a task has ended.</summary>
    /// <returns>Whether the task has ended.</returns>
    public async Task<bool> TickAsync(Task something, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task tick = Task.Delay(Interval, time, ended.Token);
        await Task.WhenAny(something, tick).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return something.IsCompleted;
    }

    /// <summary>Whether the next check is due, for work with frequent changes.</summary>
    public bool IsTimeToLook()
    {
        var now = Instant.Now(time);
        if (now < _nextLook)
            return false;
        _nextLook = now + Interval;
        return true;
    }

    /// <summary>Shows a note, if the work has taken long enough.</summary>
    /// <param name="note">Describes the progress.</param>
    public Task ShowAsync(Func<ProgressNote> note) => Instant.Now(time) - _begun >= Patience ? output.ReportAsync(note()) : Task.CompletedTask;
}
