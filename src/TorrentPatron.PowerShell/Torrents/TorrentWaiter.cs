using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Waits for torrents to get as far as is wanted.</summary>
/// <param name="output">Where the results go.</param>
/// <param name="time">The clock.</param>
internal sealed class TorrentWaiter(ICommandOutput output, TimeProvider time)
{
    /// <summary>
    /// Waits for all of them at once and writes each one's status when it has got that far. One that fails, is stopped, stalls
    /// or does not get there in time is reported; the waiting never stops a torrent.
    /// </summary>
    /// <param name="torrents">What to wait for.</param>
    /// <param name="terms">How far, and how long.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitAsync(IReadOnlyList<TorrentTarget> torrents, WaitTerms terms, CancellationToken cancellationToken)
    {
        if (torrents.Count == 0)
            return;

        using var timer = new CancellationTokenSource(terms.Timeout ?? Timeout.InfiniteTimeSpan, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        List<TorrentWait> open = [.. torrents.Select(torrent => new TorrentWait(torrent, terms, time, ending.Token))];
        var progress = new WaitProgress(torrents);
        var patient = new PatientProgress(output, time);
        try
        {
            while (open.Count > 0)
            {
                bool isNews = await patient.TickAsync(Task.WhenAny(open.Select(wait => wait.Ended)), cancellationToken).ConfigureAwait(false);
                foreach (TorrentWait wait in open.Where(wait => wait.IsOver).ToList())
                {
                    open.Remove(wait);
                    if (await WriteAsync(wait).ConfigureAwait(false) && terms.Any)
                        return;
                }

                if (!isNews && open.Count > 0)
                    await patient.ShowAsync(progress.Note).ConfigureAwait(false);
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            foreach (TorrentWait wait in open)
                await wait.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Writes how a torrent stands that has got there; reports one that has not.</summary>
    /// <returns>Whether it has.</returns>
    private async Task<bool> WriteAsync(TorrentWait wait)
    {
        TorrentStatus status = wait.Result(out TorrentError? error);
        if (error is null)
            await output.EmitAsync(status).ConfigureAwait(false);
        else
            await output.FailAsync(new CommandFailure(error, status)).ConfigureAwait(false);
        return error is null;
    }
}
