using System.Diagnostics.CodeAnalysis;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Finds a torrent's trackers and web seeds by their addresses.</summary>
internal static class AddressNames
{
    private delegate bool AddressRead(string text, [NotNullWhen(true)] out Uri? address, [NotNullWhen(false)] out string? fault);

    /// <summary>The trackers that the texts name, in their order, without duplicates.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="texts">Addresses, or patterns of addresses.</param>
    /// <param name="search">Remembers the addresses that no tracker has.</param>
    public static IReadOnlyList<TorrentTracker> TrackersNamed(this TorrentTarget torrent, string[] texts, NameSearch search) =>
        Find(torrent, [.. torrent.Trackers], AddressReader.TryReadTracker, tracker => (tracker.Uri, tracker.MaskedUri), texts, search);

    /// <summary>The web seeds that the texts name, in their order, without duplicates.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="texts">Addresses, or patterns of addresses.</param>
    /// <param name="search">Remembers the addresses that no web seed has.</param>
    public static IReadOnlyList<TorrentWebSeed> WebSeedsNamed(this TorrentTarget torrent, string[] texts, NameSearch search) =>
        Find(torrent, [.. torrent.WebSeeds], AddressReader.TryReadWebSeed, seed => (seed.Uri, seed.MaskedUri), texts, search);

    private static IReadOnlyList<T> Find<T>(
        TorrentTarget torrent, T[] all, AddressRead read, Func<T, (Uri Uri, string Masked)> addressOf, string[] texts, NameSearch search)
    {
        search.Torrents.Add(torrent.Status.Name);
        HashSet<T> named = [.. texts.SelectMany(Named)];
        return [.. all.Where(named.Contains)];

        IReadOnlyList<T> Named(string text)
        {
            // The same address may be spelled in several ways.
            T[] same = read(text, out Uri? address, out _) ? Array.FindAll(all, item => addressOf(item).Uri == address) : [];
            if (same.Length == 0)
                return search.Find(text, all, item => [addressOf(item).Uri.OriginalString, addressOf(item).Masked]);
            search.Note(text, isFound: true);
            return same;
        }
    }
}
