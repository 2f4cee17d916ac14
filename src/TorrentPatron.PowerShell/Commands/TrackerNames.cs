using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Finds a torrent's trackers by their addresses.</summary>
internal static class TrackerNames
{
    /// <summary>The trackers that are named, each once, in their order.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="texts">Addresses, or patterns of addresses.</param>
    /// <param name="search">Remembers the addresses that no tracker has.</param>
    public static IReadOnlyList<TorrentTracker> TrackersNamed(this TorrentTarget torrent, string[] texts, NameSearch search)
    {
        search.Torrents.Add(torrent.Status.Name);
        TorrentTracker[] all = [.. torrent.Trackers];
        HashSet<TorrentTracker> named = [.. texts.SelectMany(Named)];
        return [.. all.Where(named.Contains)];

        IReadOnlyList<TorrentTracker> Named(string text)
        {
            // The same address may be spelled in several ways.
            TorrentTracker[] same = AddressReader.TryReadTracker(text, out Uri? address, out _) ? Array.FindAll(all, tracker => tracker.Uri == address) : [];
            if (same.Length == 0)
                return search.Find(text, all, tracker => [tracker.Uri.OriginalString, tracker.MaskedUri]);
            search.Note(text, isFound: true);
            return same;
        }
    }
}
