using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows the peers that torrents are connected to, or those that left recently.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentPeer", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentPeer), typeof(ClosedTorrentPeer))]
public sealed class GetTorrentPeerCommand : SelectTorrentCmdlet
{
    /// <summary>Show the peers that left recently, and why.</summary>
    [Parameter]
    public SwitchParameter Recent { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (TorrentTarget torrent in Select())
        {
            if (!Recent)
                WriteObject(torrent.Peers, enumerateCollection: true);
            else if (torrent.Patron.Service.Capabilities?.HasFlag(ClientCapabilities.ClosedPeers) == false)
                Fail(CommandErrors.NoClosedPeers(torrent.Status), torrent.Status);
            else
                WriteObject(torrent.ClosedPeers, enumerateCollection: true);
        }
    }
}
