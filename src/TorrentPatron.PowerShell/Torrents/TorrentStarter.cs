using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Starts torrents, one after the other.</summary>
internal sealed class TorrentStarter(ICommandOutput output)
{
    /// <summary>Starts a torrent; one that runs already is as good.</summary>
    /// <param name="patron">Who asks.</param>
    /// <param name="request">What to start, and how.</param>
    /// <param name="target">What the user gave.</param>
    /// <param name="cancellationToken">Ends the wait, not the torrent.</param>
    /// <returns>The torrent; null where it failed, which has been reported.</returns>
    public async Task<TorrentTarget?> StartAsync(
        Patron patron, StartRequest request, object target, CancellationToken cancellationToken)
    {
        TorrentAnswer answer = await patron.StartAsync(request, cancellationToken).ConfigureAwait(false);
        return await TakeAsync(patron, answer, target).ConfigureAwait(false);
    }

    /// <summary>Takes up a torrent that is saved.</summary>
    /// <param name="saved">The torrent.</param>
    /// <param name="cancellationToken">Ends the wait, not the torrent.</param>
    /// <returns>The torrent; null where it failed, which has been reported.</returns>
    public async Task<TorrentTarget?> RestoreAsync(SavedTarget saved, CancellationToken cancellationToken)
    {
        TorrentAnswer answer = await saved.Patron.RestoreAsync(saved.Saved, cancellationToken).ConfigureAwait(false);
        return await TakeAsync(saved.Patron, answer, saved.Name).ConfigureAwait(false);
    }

    private async Task<TorrentTarget?> TakeAsync(Patron patron, TorrentAnswer answer, object target)
    {
        switch (answer)
        {
            case NewTorrentCreated created:
                foreach (TorrentError warning in created.Status.Warnings)
                    await output.WarnAsync($"{created.Status.Name}: {warning}").ConfigureAwait(false);
                if (patron.Service.GetClientStatus()?.Warning is { } unreachable)
                    await output.WarnAsync(unreachable.ToString()).ConfigureAwait(false);
                return new TorrentTarget(patron, created.Status);

            case TorrentAlreadyDownloading already:
                return new TorrentTarget(patron, already.Status);

            case TorrentStartFail fail:
                await output.FailAsync(new CommandFailure(fail.Error, target)).ConfigureAwait(false);
                return null;

            default:
                throw new InvalidOperationException($"A start was answered by {answer.GetType().Name}.");
        }
    }
}
