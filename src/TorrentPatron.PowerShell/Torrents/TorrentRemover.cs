using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Protocol;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Removes torrents, with or without their data.</summary>
/// <param name="output">Receives the results.</param>
/// <param name="deleteData">Whether to delete the files too.</param>
/// <param name="passThru">Whether to write the removed torrents.</param>
internal sealed class TorrentRemover(ICommandOutput output, bool deleteData, bool passThru)
{
    /// <summary>Removes a running torrent after confirmation.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task RemoveAsync(TorrentTarget torrent, CancellationToken cancellationToken) => RemoveAsync(
        torrent.Patron, torrent.Torrent, torrent.Status.Name, torrent.Status,
        deleteData ? DataOnDisk.Own(torrent.Patron.GetFiles(torrent.Torrent)).In(torrent.Status.Destination) : "", cancellationToken);

    /// <summary>Removes a saved torrent that does not run, after confirmation.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task RemoveAsync(SavedTarget torrent, CancellationToken cancellationToken) => RemoveAsync(
        torrent.Patron, torrent.Saved.TorrentId, torrent.Name, torrent.Name,
        deleteData ? DataOnDisk.Own(torrent.Files).In(torrent.Saved.Destination) : "", cancellationToken);

    private async Task RemoveAsync(
        Patron patron, TorrentId torrent, string name, object target, string files, CancellationToken cancellationToken)
    {
        string action = deleteData ? $"Remove torrent and delete {files}, except files that other torrents share" : "Remove torrent";
        if (!await output.ShouldProcessAsync($"{name} ({torrent})", action).ConfigureAwait(false))
            return;

        TorrentAnswer answer = await patron.RemoveAsync(torrent, deleteData, cancellationToken).ConfigureAwait(false);
        switch (answer)
        {
            case CommandFail fail:
                await output.FailAsync(new CommandFailure(fail.Error, target)).ConfigureAwait(false);
                break;
            case TorrentRemoved removed:
                foreach (TorrentError warning in removed.Warnings)
                    await output.WarnAsync($"{name}: {warning}").ConfigureAwait(false);
                if (passThru)
                    await output.EmitAsync(new TorrentRemoval(name, torrent.ToString(), removed.FilesDeleted, removed.BytesDeleted)).ConfigureAwait(false);
                break;
        }
    }
}
