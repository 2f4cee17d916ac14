using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Takes trackers away from torrents.</summary>
[Cmdlet(VerbsCommon.Remove, "TorrentTracker", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class RemoveTorrentTrackerCommand : ChangeTorrentCmdlet
{
    private readonly NameSearch _search = new();

    /// <summary>The trackers of the torrent at hand that are meant.</summary>
    private IReadOnlyList<TorrentTracker> _named = [];

    /// <summary>Announce addresses, or patterns of them.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Tracker")]
    [ArgumentCompleter(typeof(TrackerCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Uri { get; set; } = [];

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (object missing in _search.Missing)
            Fail(CommandErrors.NoSuchTracker(missing, _search), missing);
    }

    private protected override string Action(TorrentTarget torrent) => $"Remove tracker {string.Join(", ", _named)}";

    private protected override Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation) =>
        torrent.Patron.RemoveTrackersAsync(torrent.Torrent, [.. _named.Select(tracker => tracker.Uri)], cancellation);

    private protected override async Task ChangeAsync(TorrentTarget torrent, ICommandOutput output, CancellationToken cancellation)
    {
        // What is masked may be a different key in each: none of them is taken away by chance.
        foreach (string text in Uri.Where(text => text.Contains(MaskedAddress.Mask, StringComparison.Ordinal)))
        {
            if (torrent.TrackersNamed([text], _search) is { Count: > 1 } several)
            {
                await output.FailAsync(new CommandFailure(CommandErrors.AmbiguousTracker(text, several.Count, torrent.Status), text)).ConfigureAwait(false);
                return;
            }
        }

        _named = torrent.TrackersNamed(Uri, _search);
        if (_named.Count > 0)
            await base.ChangeAsync(torrent, output, cancellation).ConfigureAwait(false);
    }
}
