using System.Management.Automation;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows the trackers of torrents and the state of each.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentTracker", DefaultParameterSetName = NameSet)]
[OutputType(typeof(TorrentTracker))]
public sealed class GetTorrentTrackerCommand : SelectTorrentCmdlet
{
    private readonly NameSearch _search = new();

    /// <summary>Announce addresses or patterns.</summary>
    [Parameter(Position = 1)]
    [Alias("Tracker")]
    [ArgumentCompleter(typeof(TrackerCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Uri { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (TorrentTarget torrent in Select())
            WriteObject(torrent.TrackersNamed(Uri, _search), enumerateCollection: true);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (object missing in _search.Missing)
            Fail(CommandErrors.NoSuchTracker(missing, _search), missing);
    }
}
