using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Engine.Hosting;

/// <summary>An engine's torrents in the order they were added, found by id or by the hash that peers send. Thread-safe.</summary>
internal sealed class HostList
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TorrentId, LinkedListNode<TorrentHost>> _places = [];
    private readonly Dictionary<InfoHash, TorrentHost> _onWire = [];
    private readonly LinkedList<TorrentHost> _order = [];

    /// <summary>The wire hashes by their obfuscated form in encrypted handshakes; null until one is needed.</summary>
    private Dictionary<ObfuscatedInfoHash, InfoHash>? _obfuscated;

    /// <summary>The latest copy of the list; null after a torrent was removed.</summary>
    private TorrentHost[]? _all = [];

    /// <summary>The torrents added since that copy was made.</summary>
    private List<TorrentHost> _added = [];

    /// <summary>A copy of the list, oldest first.</summary>
    public IReadOnlyList<TorrentHost> All
    {
        get
        {
            lock (_gate)
            {
                // While 100,000 torrents are started, walking the whole list each time would take milliseconds.
                if (_all is null)
                    _all = [.. _order];
                else if (_added.Count > 0)
                    _all = [.. _all, .. _added];
                if (_added.Count > 0)
                    _added = [];
                return _all;
            }
        }
    }

    /// <summary>The torrent with this wire hash, with all of its known hashes; null if it is not here.</summary>
    public TorrentId? FindSwarm(InfoHash wireHash) => TryFindSwarm(wireHash, out TorrentHost? host) ? host.KnownId : null;

    /// <summary>Finds the torrent that a peer asks for.</summary>
    /// <param name="wireHash">The hash in the peer's handshake.</param>
    /// <param name="host">The torrent.</param>
    public bool TryFindSwarm(InfoHash wireHash, [NotNullWhen(true)] out TorrentHost? host)
    {
        lock (_gate)
            host = _onWire.GetValueOrDefault(wireHash);
        return host is not null;
    }

    /// <summary>Finds the wire hash for the obfuscated hash in an encrypted handshake; null if no torrent here has it.</summary>
    /// <param name="name">The obfuscated hash.</param>
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
    /// Finds a torrent by any of its hashes, even if it was started with another one: a hybrid and a link that names only one of its
    /// hashes are the same torrent, although their ids differ.
    /// </summary>
    /// <param name="torrent">An id of the torrent.</param>
    /// <returns>The torrent; null if it is not here.</returns>
    public TorrentHost? FindSame(TorrentId torrent)
    {
        lock (_gate)
            return FindSameLocked(torrent);
    }

    /// <summary>Finds another torrent with metadata that turns out to be the same one, by hashes that were not known when they were added.</summary>
    /// <param name="host">The torrent.</param>
    /// <param name="known">Its id with all of its hashes.</param>
    /// <returns>The other torrent; null if there is none.</returns>
    public TorrentHost? FindTwin(TorrentHost host, TorrentId known)
    {
        lock (_gate)
        {
            return known.WireHashes.Select(wireHash => _onWire.GetValueOrDefault(wireHash))
                .FirstOrDefault(other => other is not null && other != host && other.Metainfo is not null && other.KnownId.IsSameTorrent(known));
        }
    }

    /// <summary>Adds a torrent, unless the same one is already here (see <see cref="FindSame"/>).</summary>
    /// <param name="torrent">The torrent's id.</param>
    /// <param name="make">Creates the host; called under the lock.</param>
    /// <param name="host">The torrent's host, new or existing.</param>
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
            if (_all is not null)
                _added.Add(host);
            return true;
        }
    }

    /// <summary>
    /// Adds the hashes of a torrent that became known after it was added, so that peers can ask for any of them.
    /// </summary>
    public void Learn(TorrentHost host)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(host.TorrentId, out LinkedListNode<TorrentHost>? place) && place.Value == host)
                AddOnWire(host.KnownId, host);
        }
    }

    /// <summary>Removes a torrent, unless another one has taken its place.</summary>
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
