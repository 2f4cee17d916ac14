using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Stops torrents. Keeps their files and their saved state.</summary>
[Cmdlet(VerbsLifecycle.Stop, "Torrent", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class StopTorrentCommand : ChangeTorrentCmdlet
{
    private protected override string Action(TorrentTarget torrent) => "Stop torrent";

    private protected override Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation) =>
        torrent.Patron.CloseAsync(torrent.Torrent, cancellation);
}
