using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Hosting;

/// <summary>The torrents of an engine, found by their info hash and told in the order of their coming. Thread-safe.</summary>
internal sealed class HostList
{
    private readonly Lock _gate = new();
    private readonly Dictionary<InfoHash, LinkedListNode<TorrentHost>> _places = [];
    private readonly LinkedList<TorrentHost> _order = [];
    private TorrentHost[]? _all = [];

    /// <summary>All of them, as they are now, the oldest first.</summary>
    public IReadOnlyList<TorrentHost> All
    {
        get
        {
            lock (_gate)
                return _all ??= [.. _order];
        }
    }

    /// <summary>Whether a torrent is here.</summary>
    public bool Contains(InfoHash torrent) => TryFind(torrent, out _);

    /// <summary>Finds a torrent.</summary>
    public bool TryFind(InfoHash torrent, [NotNullWhen(true)] out TorrentHost? host)
    {
        lock (_gate)
            host = _places.GetValueOrDefault(torrent)?.Value;
        return host is not null;
    }

    /// <summary>Adds a torrent, or finds the one of that name which is here.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="make">Makes it; called under the lock.</param>
    /// <param name="host">The torrent that is here now.</param>
    /// <returns>Whether it was added.</returns>
    public bool TryAdd(InfoHash torrent, Func<TorrentHost> make, out TorrentHost host)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(torrent, out LinkedListNode<TorrentHost>? place))
            {
                host = place.Value;
                return false;
            }

            host = make();
            _places.Add(torrent, _order.AddLast(host));
            _all = null;
            return true;
        }
    }

    /// <summary>Takes a torrent out, unless by now another has its place.</summary>
    public void Remove(TorrentHost host)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(host.TorrentId, out LinkedListNode<TorrentHost>? place) && place.Value == host)
            {
                _places.Remove(host.TorrentId);
                _order.Remove(place);
                _all = null;
            }
        }
    }
}
