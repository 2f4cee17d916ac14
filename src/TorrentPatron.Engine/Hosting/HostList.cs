using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Engine.Hosting;

/// <summary>The torrents of an engine, found by their id, by peers by their hash on the wire, and told in the order of their coming. Thread-safe.</summary>
internal sealed class HostList
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TorrentId, LinkedListNode<TorrentHost>> _places = [];
    private readonly Dictionary<InfoHash, TorrentHost> _onWire = [];
    private readonly LinkedList<TorrentHost> _order = [];

    /// <summary>The wire hashes by the names that encrypted handshakes give them; null until there is one.</summary>
    private Dictionary<ObfuscatedInfoHash, InfoHash>? _obfuscated;
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

    /// <summary>The torrent for which a peer may ask with this hash, with all hashes that are known of it; null: it is not here.</summary>
    public TorrentId? FindSwarm(InfoHash wireHash) => TryFindSwarm(wireHash, out TorrentHost? host) ? host.KnownId : null;

    /// <summary>Finds the torrent for which a peer asks.</summary>
    /// <param name="wireHash">The hash in the peer's handshake.</param>
    /// <param name="host">The torrent.</param>
    public bool TryFindSwarm(InfoHash wireHash, [NotNullWhen(true)] out TorrentHost? host)
    {
        lock (_gate)
            host = _onWire.GetValueOrDefault(wireHash);
        return host is not null;
    }

    /// <summary>Finds the hash on the wire that an encrypted handshake names; null: it is of no torrent here.</summary>
    /// <param name="name">The name.</param>
    public InfoHash? Find(ObfuscatedInfoHash name)
    {
        lock (_gate)
        {
            _obfuscated ??= _onWire.Keys.ToDictionary(ObfuscatedInfoHash.Of);
            return _obfuscated.TryGetValue(name, out InfoHash wireHash) ? wireHash : null;
        }
    }

    /// <summary>Finds a torrent.</summary>
    public bool TryFind(TorrentId torrent, [NotNullWhen(true)] out TorrentHost? host)
    {
        lock (_gate)
            host = _places.GetValueOrDefault(torrent)?.Value;
        return host is not null;
    }

    /// <summary>
    /// Finds a torrent by any of its hashes, also where it was started by another one: a hybrid and a link that names only one of its hashes are one
    /// torrent, though their ids differ.
    /// </summary>
    /// <param name="torrent">An id of the torrent.</param>
    /// <returns>The torrent; null: it is not here.</returns>
    public TorrentHost? FindSame(TorrentId torrent)
    {
        lock (_gate)
            return FindSameLocked(torrent);
    }

    /// <summary>Finds another torrent, whose metadata is here, that is the same as one by hashes that were not known when they were added.</summary>
    /// <param name="host">The torrent.</param>
    /// <param name="known">All its hashes.</param>
    /// <returns>The other torrent; null: there is none.</returns>
    public TorrentHost? FindTwin(TorrentHost host, TorrentId known)
    {
        lock (_gate)
        {
            return known.WireHashes.Select(wireHash => _onWire.GetValueOrDefault(wireHash))
                .FirstOrDefault(other => other is not null && other != host && other.Metainfo is not null && other.KnownId.IsSameTorrent(known));
        }
    }

    /// <summary>Adds a torrent, or finds the one that is here, as <see cref="FindSame"/> does.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="make">Makes it; called under the lock.</param>
    /// <param name="host">The torrent that is here now.</param>
    /// <returns>Whether it was added.</returns>
    public bool TryAdd(TorrentId torrent, Func<TorrentHost> make, out TorrentHost host)
    {
        lock (_gate)
        {
            if (FindSameLocked(torrent) is { } same)
            {
                host = same;
                return false;
            }

            host = make();
            _places.Add(torrent, _order.AddLast(host));
            AddOnWire(torrent, host);
            AddOnWire(host.KnownId, host);
            _all = null;
            return true;
        }
    }

    /// <summary>More hashes of a torrent are known than when it was added: peers may ask for it by all of them.</summary>
    public void Learn(TorrentHost host)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(host.TorrentId, out LinkedListNode<TorrentHost>? place) && place.Value == host)
                AddOnWire(host.KnownId, host);
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
                foreach (InfoHash wireHash in host.TorrentId.WireHashes.Union(host.KnownId.WireHashes))
                {
                    if (_onWire.GetValueOrDefault(wireHash) != host)
                        continue;
                    _onWire.Remove(wireHash);
                    _obfuscated?.Remove(ObfuscatedInfoHash.Of(wireHash));
                }

                _order.Remove(place);
                _all = null;
            }
        }
    }

    private TorrentHost? FindSameLocked(TorrentId torrent)
    {
        if (_places.TryGetValue(torrent, out LinkedListNode<TorrentHost>? place))
            return place.Value;
        foreach (InfoHash wireHash in torrent.WireHashes)
        {
            if (_onWire.TryGetValue(wireHash, out TorrentHost? host) && host.KnownId.IsSameTorrent(torrent))
                return host;
        }

        return null;
    }

    private void AddOnWire(TorrentId torrent, TorrentHost host)
    {
        foreach (InfoHash wireHash in torrent.WireHashes)
        {
            if (_onWire.TryAdd(wireHash, host))
                _obfuscated?.Add(ObfuscatedInfoHash.Of(wireHash), wireHash);
        }
    }
}
