using System.Management.Automation;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows the peers that torrents are connected to.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentPeer", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentPeer))]
public sealed class GetTorrentPeerCommand : SelectTorrentCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (TorrentTarget torrent in Select())
            WriteObject(torrent.Peers, enumerateCollection: true);
    }
}
