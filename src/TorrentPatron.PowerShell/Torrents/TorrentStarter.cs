using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Starts torrents and reports what keeps one from being started.</summary>
/// <param name="output">Where that goes.</param>
/// <param name="warnings">Tells the torrents' warnings; null: only those of their start are told.</param>
internal sealed class TorrentStarter(ICommandOutput output, TorrentWarnings? warnings = null)
{
    private readonly TorrentWarnings _warnings = warnings ?? new TorrentWarnings(output);

    /// <summary>The services of which it was looked at whether peers can reach them; it is said once.</summary>
    private readonly HashSet<ITorrentService> _looked = [];

    /// <summary>Starts a torrent; one that runs already is as good.</summary>
    /// <param name="patron">The patron that asks.</param>
    /// <param name="request">What to start, and how.</param>
    /// <param name="target">What the user gave.</param>
    /// <param name="cancellationToken">Ends the wait, not the torrent.</param>
    /// <returns>The torrent; null where it failed, which has been reported.</returns>
    public Task<TorrentTarget?> StartAsync(Patron patron, StartRequest request, object target, CancellationToken cancellationToken) =>
        TakeAsync(Begin(patron, request, target, cancellationToken));

    /// <summary>Asks for a torrent. What has been asked for is to be taken, in the same order.</summary>
    /// <inheritdoc cref="StartAsync" path="/param"/>
    public static PendingStart Begin(Patron patron, StartRequest request, object target, CancellationToken cancellationToken) =>
        new(patron, patron.StartAsync(request, cancellationToken), target);

    /// <summary>Asks for a torrent that is saved.</summary>
    /// <param name="saved">The torrent.</param>
    /// <param name="cancellationToken">Ends the wait, not the torrent.</param>
    public static PendingStart Begin(SavedTarget saved, CancellationToken cancellationToken) =>
        new(saved.Patron, saved.Patron.RestoreAsync(saved.Saved, cancellationToken), saved.Name);

    /// <summary>Waits for a torrent that was asked for.</summary>
    /// <param name="start">The torrent.</param>
    /// <returns>The torrent; null where it failed, which has been reported.</returns>
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

    /// <summary>Tells what has become of the trackers that were given for a torrent that is known already.</summary>
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
