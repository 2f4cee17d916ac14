using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Swarms;

/// <summary>The torrents of an engine, found by their info hash and told in the order of their coming. Thread-safe.</summary>
internal sealed class SwarmList
{
    private readonly Lock _gate = new();
    private readonly Dictionary<InfoHash, LinkedListNode<ISwarm>> _places = [];
    private readonly LinkedList<ISwarm> _order = [];
    private ISwarm[]? _all = [];

    /// <summary>All of them, as they are now, the oldest first.</summary>
    public IReadOnlyList<ISwarm> All
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
    public bool TryFind(InfoHash torrent, [NotNullWhen(true)] out ISwarm? swarm)
    {
        lock (_gate)
            swarm = _places.GetValueOrDefault(torrent)?.Value;
        return swarm is not null;
    }

    /// <summary>Adds a torrent, or finds the one of that name which is here.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="make">Makes it; called under the lock.</param>
    /// <param name="swarm">The torrent that is here now.</param>
    /// <returns>Whether it was added.</returns>
    public bool TryAdd(InfoHash torrent, Func<ISwarm> make, out ISwarm swarm)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(torrent, out LinkedListNode<ISwarm>? place))
            {
                swarm = place.Value;
                return false;
            }

            swarm = make();
            _places.Add(torrent, _order.AddLast(swarm));
            _all = null;
            return true;
        }
    }

    /// <summary>Puts a torrent in the place of the one of that name.</summary>
    public void Replace(ISwarm swarm)
    {
        lock (_gate)
        {
            _places[swarm.TorrentId].Value = swarm;
            _all = null;
        }
    }

    /// <summary>Takes a torrent out, unless by now another has its place.</summary>
    public void Remove(ISwarm swarm)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(swarm.TorrentId, out LinkedListNode<ISwarm>? place) && place.Value == swarm)
            {
                _places.Remove(swarm.TorrentId);
                _order.Remove(place);
                _all = null;
            }
        }
    }
}
