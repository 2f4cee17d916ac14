using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Takes trackers away from torrents.</summary>
[Cmdlet(VerbsCommon.Remove, "TorrentTracker", DefaultParameterSetName = InputObjectSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class RemoveTorrentTrackerCommand : ChangeTorrentCmdlet
{
    /// <summary>Announce addresses, or patterns of them.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Tracker")]
    [ArgumentCompleter(typeof(TrackerCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Uri { get; set; } = [];

    private protected override string Action(TorrentTarget torrent) => $"Remove tracker {string.Join(", ", torrent.Trackers.Named(Uri))}";

    private protected override Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation) =>
        torrent.Patron.RemoveTrackersAsync(
            torrent.Torrent, [.. torrent.Trackers.Named(Uri).Select(tracker => tracker.Uri)], cancellation);

    private protected override Task ChangeAsync(TorrentTarget torrent, ICommandOutput output, CancellationToken cancellation) =>
        torrent.Trackers.Named(Uri).Any() ? base.ChangeAsync(torrent, output, cancellation) : Task.CompletedTask;
}
