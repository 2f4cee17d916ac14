using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Finds a torrent's trackers by their addresses.</summary>
internal static class TrackerNames
{
    /// <summary>The trackers that are named, as they are written or by a pattern.</summary>
    public static IEnumerable<TorrentTracker> Named(this IEnumerable<TorrentTracker> trackers, string[] texts)
    {
        var patterns = new Patterns(texts);
        HashSet<Uri> addresses = [.. AddressReader.Trackers(texts)];
        return trackers.Where(tracker =>
            addresses.Contains(tracker.Uri) || texts.Contains(tracker.Uri.OriginalString) || patterns.Match(tracker.Uri.OriginalString));
    }
}
