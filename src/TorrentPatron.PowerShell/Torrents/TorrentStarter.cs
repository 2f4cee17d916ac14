using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Starts torrents and reports failures.</summary>
/// <param name="output">Receives the failures.</param>
/// <param name="warnings">Writes the torrents' warnings; null writes only those of the start.</param>
internal sealed class TorrentStarter(ICommandOutput output, TorrentWarnings? warnings = null)
{
    private readonly TorrentWarnings _warnings = warnings ?? new TorrentWarnings(output);

    /// <summary>The services whose reachability has been checked; it is reported once.</summary>
    private readonly HashSet<ITorrentService> _looked = [];

    /// <summary>Starts a torrent; a torrent that already runs counts as started.</summary>
    /// <param name="patron">The patron that starts it.</param>
    /// <param name="request">The torrent and its options.</param>
    /// <param name="target">The user's input.</param>
    /// <param name="cancellationToken">Ends the wait, not the torrent.</param>
    /// <returns>The torrent; null if it failed, which has been reported.</returns>
    public Task<TorrentTarget?> StartAsync(Patron patron, StartRequest request, object target, CancellationToken cancellationToken) =>
        TakeAsync(Begin(patron, request, target, cancellationToken));

    /// <summary>Requests the start of a torrent. Take the results in the same order.</summary>
    /// <inheritdoc cref="StartAsync" path="/param"/>
    public static PendingStart Begin(Patron patron, StartRequest request, object target, CancellationToken cancellationToken) =>
        new(patron, patron.StartAsync(request, cancellationToken), target);

    /// <summary>Requests the start of a saved torrent.</summary>
    /// <param name="saved">The torrent.</param>
    /// <param name="cancellationToken">Ends the wait, not the torrent.</param>
    public static PendingStart Begin(SavedTarget saved, CancellationToken cancellationToken) =>
        new(saved.Patron, saved.Patron.RestoreAsync(saved.Saved, cancellationToken), saved.Name);

    /// <summary>Waits for a requested start.</summary>
    /// <param name="start">The start.</param>
    /// <returns>The torrent; null if it failed, which has been reported.</returns>
    public async Task<TorrentTarget?> TakeAsync(PendingStart start)
    {
        TorrentAnswer answer = await start.Answer.ConfigureAwait(false);
        switch (answer)
        {
            case NewTorrentCreated created:
                await WarnAsync(created.Status.Name, created.Warnings).ConfigureAwait(false);
                await _warnings.TellAsync(created.Status).ConfigureAwait(false);
                await TellAsync(created.Status, created.MergedTrackers, created.Reservation).ConfigureAwait(false);
                if (_looked.Add(start.Patron.Service) && start.Patron.Service.GetClientStatus()?.Warning is { } unreachable)
                    await output.WarnAsync(unreachable.ToString()).ConfigureAwait(false);
                return new TorrentTarget(start.Patron, created.Status);

            case TorrentAlreadyDownloading already:
                await WarnAsync(already.Status.Name, already.Warnings).ConfigureAwait(false);
                await TellAsync(already.Status, already.MergedTrackers, already.Reservation).ConfigureAwait(false);
                return new TorrentTarget(start.Patron, already.Status);

            case TorrentStartFail fail:
                await output.FailAsync(new CommandFailure(fail.Error, start.Target)).ConfigureAwait(false);
                return null;

            default:
                throw new InvalidOperationException($"A start was answered by {answer.GetType().Name}.");
        }
    }

    /// <summary>Reports the trackers that were added to a known torrent.</summary>
    private async Task TellAsync(TorrentStatus status, ReadOnlyCollection<Uri> merged, TorrentError? reservation)
    {
        if (merged.Count > 0)
        {
            string trackers = string.Join(", ", merged.Select(tracker => tracker.Authority));
            await output.TellAsync($"{status.Name}: added the trackers at {trackers}.").ConfigureAwait(false);
        }

        if (reservation is not null)
            await output.WarnAsync(reservation.ToString()).ConfigureAwait(false);
    }

    private async Task WarnAsync(string name, IEnumerable<TorrentError> warnings)
    {
        foreach (TorrentError warning in warnings)
            await output.WarnAsync($"{name}: {warning}").ConfigureAwait(false);
    }
}
