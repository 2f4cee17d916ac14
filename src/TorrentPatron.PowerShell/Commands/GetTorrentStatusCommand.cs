using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows how torrents stand: snapshots, taken at once.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentStatus", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentStatus))]
public sealed class GetTorrentStatusCommand : SelectTorrentCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (TorrentTarget torrent in Select())
            WriteObject(torrent.Status);
    }
}
