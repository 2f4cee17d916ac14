using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Waits for torrents to reach milestones.</summary>
/// <param name="output">Receives the results.</param>
/// <param name="time">The clock.</param>
/// <param name="warnings">Writes the torrents' warnings and knows which have been written; null if none have.</param>
internal sealed class TorrentWaiter(ICommandOutput output, TimeProvider time, TorrentWarnings? warnings = null)
{
    private readonly TorrentWarnings _warnings = warnings ?? new TorrentWarnings(output);

    /// <summary>
    /// Waits for all of them at once and writes each one's status when it reaches a milestone. Reports a torrent that fails, is stopped,
    /// stalls or times out; the wait never stops a torrent.
    /// </summary>
    /// <param name="torrents">The torrents.</param>
    /// <param name="waitOptions">The milestones and the time limits.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitAsync(IReadOnlyList<TorrentTarget> torrents, WaitOptions waitOptions, CancellationToken cancellationToken)
    {
        if (torrents.Count == 0)
            return;

        using var timer = new CancellationTokenSource(waitOptions.Timeout ?? Timeout.InfiniteTimeSpan, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        var ended = Channel.CreateUnbounded<int>();
        var open = new SortedDictionary<int, TorrentWait>();
        for (int index = 0; index < torrents.Count; index++)
        {
            open.Add(index, new TorrentWait(torrents[index], waitOptions, time, ending.Token));
            Announce(open[index].Ended, ended.Writer, index);
        }

        var progress = new WaitProgress(torrents);
        var patient = new DelayedProgress(output, time);
        try
        {
            Task news = Task.CompletedTask;
            while (open.Count > 0)
            {
                if (news.IsCompleted)
                    news = ended.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
                await patient.TickAsync(news, cancellationToken).ConfigureAwait(false);
                List<int> over = [];
                while (ended.Reader.TryRead(out int index))
                    over.Add(index);
                bool isTimeToLook = patient.IsTimeToLook();
                if (isTimeToLook)
                {
                    foreach (TorrentWait wait in open.Values)
                        await _warnings.TellAsync(wait.Latest).ConfigureAwait(false);
                }

                if (isTimeToLook && waitOptions.StallTimeout is not null)
                    over.AddRange(open.Where(wait => wait.Value.HasStalled()).Select(wait => wait.Key));
                over.Sort();
                foreach (int index in over)
                {
                    if (open.Remove(index, out TorrentWait? wait) && await WriteAsync(wait).ConfigureAwait(false) && waitOptions.Any)
                        return;
                }

                if (isTimeToLook && open.Count > 0)
                    await patient.ShowAsync(progress.Note).ConfigureAwait(false);
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            foreach (TorrentWait wait in open.Values)
                await wait.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static void Announce(Task ended, ChannelWriter<int> to, int index) => ended.ContinueWith(
        _ => to.TryWrite(index), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>Writes the status of a torrent that reached a milestone; reports any other.</summary>
    /// <returns>Whether it reached one.</returns>
    private async Task<bool> WriteAsync(TorrentWait wait)
    {
        TorrentStatus status = wait.Result(out TorrentError? error);
        await _warnings.TellAsync(status).ConfigureAwait(false);
        if (error is null)
            await output.EmitAsync(status).ConfigureAwait(false);
        else
            await output.FailAsync(new CommandFailure(error, status)).ConfigureAwait(false);
        return error is null;
    }
}
