using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Asks trackers for peers now instead of when the next announce is due.</summary>
[Cmdlet(VerbsData.Update, "TorrentTracker", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class UpdateTorrentTrackerCommand : ChangeTorrentCmdlet
{
    private readonly NameSearch _search = new();

    /// <summary>The trackers of the current torrent to ask.</summary>
    private IReadOnlyList<TorrentTracker> _named = [];

    /// <summary>Announce addresses or patterns; by default all.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Tracker")]
    [ArgumentCompleter(typeof(TrackerCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Uri { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (object missing in _search.Missing)
            Fail(CommandErrors.NoSuchTracker(missing, _search), missing);
    }

    private protected override string Action(TorrentTarget torrent) => $"Ask tracker {string.Join(", ", _named)}";

    private protected override Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation) =>
        torrent.Patron.AnnounceAsync(torrent.Torrent, [.. _named.Select(tracker => tracker.Uri)], cancellation);

    private protected override async Task ChangeAsync(TorrentTarget torrent, ICommandOutput output, CancellationToken cancellation)
    {
        _named = torrent.TrackersNamed(Uri, _search);
        if (_named.Count > 0)
            await base.ChangeAsync(torrent, output, cancellation).ConfigureAwait(false);
    }
}
