using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// Torrents by info hash, and in the order in which they are due. No change looks at the other torrents: there may be 100,000.
/// Guarded by the owner's lock.
/// </summary>
/// <typeparam name="T">The kind of torrent.</typeparam>
internal sealed class DueTorrents<T>
    where T : DueTorrent
{
    private readonly Dictionary<InfoHash, T> _torrents = [];
    private readonly SortedSet<T> _order = new(Comparer<T>.Create(static (left, right) =>
        left.Due != right.Due ? left.Due.CompareTo(right.Due) : left.Number.CompareTo(right.Number)));
    private long _added;

    /// <summary>Number of torrents.</summary>
    public int Count => _torrents.Count;

    /// <summary>The torrents in the order in which they are due.</summary>
    public IEnumerable<T> InOrder => _order;

    /// <summary>The torrent that is due next; null if there is none.</summary>
    public T? Next => _order.Min;

    /// <summary>Adds a torrent. It replaces an earlier one with the same info hash.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="due">When it is due.</param>
    public void Add(T torrent, TimeSpan due)
    {
        (torrent.Due, torrent.Number) = (due, _added++);
        if (_torrents.Remove(torrent.InfoHash, out T? earlier))
            _order.Remove(earlier);
        _torrents.Add(torrent.InfoHash, torrent);
        _order.Add(torrent);
    }

    /// <summary>Removes a torrent.</summary>
    public void Remove(T torrent)
    {
        _order.Remove(torrent);
        if (_torrents.TryGetValue(torrent.InfoHash, out T? known) && known == torrent)
            _torrents.Remove(torrent.InfoHash);
    }

    /// <summary>Finds a torrent.</summary>
    public bool TryFind(InfoHash infoHash, [NotNullWhen(true)] out T? torrent) => _torrents.TryGetValue(infoHash, out torrent);

    /// <summary>Changes when a torrent is due. Ignores one that was removed.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="due">When it is due.</param>
    public void Wait(T torrent, TimeSpan due)
    {
        if (!_order.Remove(torrent))
            return;
        torrent.Due = due;
        _order.Add(torrent);
    }
}
