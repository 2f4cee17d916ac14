using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Gives torrents more trackers to ask.</summary>
[Cmdlet(VerbsCommon.Add, "TorrentTracker", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class AddTorrentTrackerCommand : ChangeTorrentCmdlet
{
    private readonly List<Uri> _trackers = [];

    /// <summary>The announce addresses: http, https or udp.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Tracker")]
    [ValidateNotNullOrEmpty]
    public Uri[] Uri { get; set; } = [];

    private protected override string Action(TorrentTarget torrent) =>
        $"Add tracker {string.Join(", ", _trackers.Select(MaskedAddress.OfTracker))}";

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        ReadTrackers();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<TorrentTarget> torrents = Select();
        if (!Given.IsOfCommandLine(nameof(Uri)))
            ReadTrackers();
        if (_trackers.Count > 0)
            Change(torrents);
    }

    private protected override Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation) =>
        torrent.Patron.AddSourcesAsync(torrent.Torrent, peers: [], _trackers, cancellation);

    private void ReadTrackers()
    {
        _trackers.Clear();
        foreach (Uri given in Uri)
        {
            if (AddressReader.TryReadTracker(given.OriginalString, out Uri? tracker, out string? fault))
                _trackers.Add(tracker);
            else
                Fail(CommandErrors.BadTracker(fault), given);
        }
    }
}
