using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Waits for torrents to be complete.</summary>
/// <param name="output">Where the results go.</param>
/// <param name="time">The clock.</param>
internal sealed class TorrentWaiter(ICommandOutput output, TimeProvider time)
{
    /// <summary>Progress is dear in PowerShell: at most this often.</summary>
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Waits for all of them at once and writes each one's status when it is complete. One that fails, is stopped, or is not
    /// complete in time is reported; the waiting never stops a torrent.
    /// </summary>
    /// <param name="torrents">What to wait for.</param>
    /// <param name="timeout">How long, at most; null: as long as it takes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitAsync(IReadOnlyList<TorrentTarget> torrents, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (torrents.Count == 0)
            return;

        using var timer = new CancellationTokenSource(timeout ?? Timeout.InfiniteTimeSpan, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        List<Waiting> open = [.. torrents.Select(torrent => new Waiting(torrent, WaitAsync(torrent, ending.Token)))];
        var progress = new WaitProgress(torrents);
        try
        {
            while (open.Count > 0)
            {
                Task tick = Task.Delay(ProgressInterval, time, ending.Token);
                await Task.WhenAny(open.Select(waiting => (Task)waiting.End).Append(tick)).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                foreach (Waiting done in open.Where(waiting => waiting.End.IsCompleted).ToList())
                {
                    open.Remove(done);
                    await WriteAsync(done, timeout).ConfigureAwait(false);
                }

                if (tick.IsCompletedSuccessfully && open.Count > 0)
                    await output.ReportAsync(progress.Note()).ConfigureAwait(false);
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            foreach (Waiting waiting in open)
                await ((Task)waiting.End).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static Task<TorrentStatus?> WaitAsync(TorrentTarget torrent, CancellationToken cancellationToken) =>
        torrent.Patron.WaitAsync(torrent.Torrent, IsDone, cancellationToken);

    /// <summary>Complete, and not only until the check that is going on says otherwise.</summary>
    private static bool IsDone(TorrentStatus status) => 
        status is { IsComplete: true, State: not (TorrentState.Checking or TorrentState.Failed) };

    private async Task WriteAsync(Waiting done, TimeSpan? timeout)
    {
        TorrentStatus latest = done.Torrent.Latest;
        TorrentError error;
        if (!done.End.IsCompletedSuccessfully)
        {
            // Complete in the very moment of the timeout is complete.
            if (IsDone(latest))
            {
                await output.EmitAsync(latest).ConfigureAwait(false);
                return;
            }

            error = CommandErrors.TimeoutReached(latest, timeout.GetValueOrDefault());
        }
        else if (done.End.Result is { } status && IsDone(status))
        {
            await output.EmitAsync(status).ConfigureAwait(false);
            return;
        }
        else
        {
            latest = done.End.Result ?? latest;
            error = latest.Error ?? CommandErrors.StoppedMeanwhile(latest);
        }

        await output.FailAsync(new CommandFailure(error, latest)).ConfigureAwait(false);
    }

    private sealed record Waiting(TorrentTarget Torrent, Task<TorrentStatus?> End);
}
