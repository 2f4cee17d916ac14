using TorrentPatron.Protocol;

namespace TorrentPatron.Service.State;

/// <summary>Torrents by the lengths of their files. Not thread-safe.</summary>
internal sealed class LengthIndex
{
    private const int None = -1;

    // A chain for each length, in one list: most lengths occur once, and a hundred thousand lists would take much memory.
    private readonly Dictionary<long, int> _latest = [];
    private readonly List<(TorrentId Torrent, int Before)> _entries = [];

    /// <summary>Adds a torrent with a file of a length.</summary>
    public void Add(long length, TorrentId torrent)
    {
        int before = _latest.GetValueOrDefault(length, None);
        if (before != None && _entries[before].Torrent == torrent)
            return;
        _latest[length] = _entries.Count;
        _entries.Add((torrent, before));
    }

    /// <summary>The torrents with a file of a length, the latest first; a torrent that was added twice may occur twice.</summary>
    public IEnumerable<TorrentId> Find(long length)
    {
        for (int at = _latest.GetValueOrDefault(length, None); at != None; at = _entries[at].Before)
            yield return _entries[at].Torrent;
    }
}
