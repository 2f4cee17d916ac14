using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Discovery;

/// <summary>An engine's peer discovery without trackers: its DHT node and local discovery. Either may be off.</summary>
internal sealed class PeerFinder : IAsyncDisposable
{
    private readonly SharedDatagramPort _datagrams;
    private readonly Func<AddressFamily, ushort> _listenPort;
    private readonly DhtKeeper? _keeper;
    private readonly DhtNode? _dht;
    private readonly LocalDiscovery? _local;

    /// <summary>Creates the finder.</summary>
    /// <param name="datagrams">The DHT node's port.</param>
    /// <param name="listenPort">The TCP port that peers can connect to, by IP version; 0 means none.</param>
    /// <param name="dht">The DHT node and its keeper; null if it is off or has no port.</param>
    /// <param name="local">Local discovery; null if it is off.</param>
    public PeerFinder(SharedDatagramPort datagrams, Func<AddressFamily, ushort> listenPort, DhtKeeper? dht, LocalDiscovery? local)
    {
        _datagrams = datagrams;
        _listenPort = listenPort;
        _keeper = dht;
        _dht = dht?.Node;
        _local = local;
    }

    /// <summary>The state of the DHT node; null if it is off or has no port.</summary>
    public DhtStatus? Status => _dht is null ? null : _dht.Status with { EndPoints = _datagrams.EndPoints };

    /// <summary>Whether there is a DHT node.</summary>
    public bool HasDht => _dht is not null;

    /// <summary>The DHT node's UDP port for an IP version; 0 if it has none there.</summary>
    public ushort DhtPort(AddressFamily family) =>
        HasDht && _datagrams.EndPoints.FirstOrDefault(endPoint => endPoint.AddressFamily == family) is { } found ? (ushort)found.Port : (ushort)0;

    /// <summary>Starts finding a torrent's peers and announcing us as one.</summary>
    /// <param name="torrent">The torrent; never a private one.</param>
    /// <param name="isSeed">Returns whether we have every piece; must not wait for a lock.</param>
    /// <param name="onPeers">Takes the peers. Called on any thread without a lock; must not throw.</param>
    /// <returns>Disposing it ends the search.</returns>
    public PeerSearch Find(InfoHash torrent, Func<bool> isSeed, Action<IReadOnlyList<IPEndPoint>, PeerOrigin> onPeers) => new(
        _dht?.Find(torrent, isSeed, (peers, namer) => onPeers(peers, new PeerOrigin(PeerSource.Dht, namer))),
        _local?.Find(torrent, peers => onPeers(peers, PeerSource.LocalDiscovery)));

    /// <summary>Rejoins the groups of local discovery after the network's addresses have changed.</summary>
    public void Reopen(INetwork network) => _local?.Reopen(network);

    /// <summary>Adds a DHT node that a peer has named.</summary>
    public void AddDhtNode(IPEndPoint endPoint) => _dht?.AddNode(endPoint);

    /// <summary>Adds DHT nodes that a torrent names.</summary>
    /// <param name="nodes">The nodes; never from a private torrent.</param>
    public void AddDhtNodes(IReadOnlyCollection<HostEndPoint> nodes)
    {
        if (nodes.Count > 0)
            _dht?.AddNodes(nodes);
    }

    /// <summary>Our address and port as seen from the internet; null if unknown.</summary>
    public IPEndPoint? ExternalEndPoint(AddressFamily family) =>
        _dht?.ExternalAddress(family) is { } address ? new IPEndPoint(address, _listenPort(family)) : null;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_keeper is not null)
            await _keeper.DisposeAsync().ConfigureAwait(false);
        if (_local is not null)
            await _local.DisposeAsync().ConfigureAwait(false);
    }
}
