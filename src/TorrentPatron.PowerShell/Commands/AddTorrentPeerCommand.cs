using System.Management.Automation;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Adds peers to torrents.</summary>
[Cmdlet(VerbsCommon.Add, "TorrentPeer", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class AddTorrentPeerCommand : ChangeTorrentCmdlet
{
    private IReadOnlyList<IPEndPoint> _peers = [];

    /// <summary>The peers, as <c>host:port</c> or <c>[v6]:port</c>.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Peer { get; set; } = [];

    private protected override string Action(TorrentTarget torrent) => $"Add peer {string.Join(", ", _peers)}";

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _peers = RequirePeers(Peer);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<TorrentTarget> torrents = Select();
        if (!Given.IsOfCommandLine(nameof(Peer)))
            _peers = ReadPeers(Peer) ?? [];
        if (_peers.Count > 0)
            Change(torrents);
    }

    private protected override Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation) =>
        torrent.Patron.AddSourcesAsync(torrent.Torrent, _peers, trackers: [], cancellation);
}
