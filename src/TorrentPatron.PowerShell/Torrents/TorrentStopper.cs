using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Stops torrents.</summary>
internal sealed class TorrentStopper(ICommandOutput output)
{
    /// <summary>Stops a torrent, if that is agreed to.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="passThru">Whether to write how it was at its end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task StopAsync(TorrentTarget torrent, bool passThru, CancellationToken cancellationToken)
    {
        TorrentStatus status = torrent.Status;
        if (!await output.ShouldProcessAsync($"{status.Name} ({status.InfoHash})", "Stop torrent").ConfigureAwait(false))
            return;

        TorrentAnswer answer = await torrent.Patron.CloseAsync(torrent.Torrent, cancellationToken).ConfigureAwait(false);
        if (answer is CommandFail fail)
            await output.FailAsync(new CommandFailure(fail.Error, status)).ConfigureAwait(false);
        else if (passThru && answer is TorrentClosed closed)
            await output.EmitAsync(closed.Status).ConfigureAwait(false);
    }
}
