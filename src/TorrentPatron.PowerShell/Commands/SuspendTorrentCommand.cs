using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Suspends torrents: they leave their swarms but stay known.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "Torrent", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class SuspendTorrentCommand : ChangeTorrentCmdlet
{
    private protected override string Action(TorrentTarget torrent) => "Suspend torrent";

    private protected override Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation) =>
        torrent.Patron.SuspendAsync(torrent.Torrent, cancellation);
}
