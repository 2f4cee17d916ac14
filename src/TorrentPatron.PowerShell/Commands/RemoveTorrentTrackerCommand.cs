using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Removes trackers from torrents.</summary>
[Cmdlet(VerbsCommon.Remove, "TorrentTracker", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class RemoveTorrentTrackerCommand : RemoveAddressCmdlet<TorrentTracker>
{
    /// <summary>Announce addresses or patterns.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Tracker")]
    [ArgumentCompleter(typeof(TrackerCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Uri { get; set; } = [];

    private protected override string[] Texts => Uri;

    private protected override IReadOnlyList<TorrentTracker> Find(TorrentTarget torrent, string[] texts, NameSearch search) =>
        torrent.TrackersNamed(texts, search);

    private protected override TorrentError Missing(object given, NameSearch among) => CommandErrors.NoSuchTracker(given, among);

    private protected override TorrentError Ambiguous(string text, int count, TorrentStatus torrent) =>
        CommandErrors.AmbiguousTracker(text, count, torrent);

    private protected override string Action(TorrentTarget torrent) => $"Remove tracker {string.Join(", ", Named)}";

    private protected override Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation) =>
        torrent.Patron.RemoveTrackersAsync(torrent.Torrent, [.. Named.Select(tracker => tracker.Uri)], cancellation);
}
