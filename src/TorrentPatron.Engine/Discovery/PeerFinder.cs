using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// What an engine has to find peers without trackers: its node in the DHT, which it remembers the surroundings of, and local
/// discovery. Either may be off.
/// </summary>
internal sealed class PeerFinder : IAsyncDisposable
{
    private readonly SharedDatagramPort _datagrams;
    private readonly Func<AddressFamily, ushort> _listenPort;
    private readonly DhtKeeper? _keeper;
    private readonly DhtNode? _dht;
    private readonly LocalDiscovery? _local;

    /// <summary>Takes what there is.</summary>
    /// <param name="datagrams">The port that the DHT node answers on.</param>
    /// <param name="listenPort">The TCP port on which peers reach us, by IP version; 0: none.</param>
    /// <param name="dht">The DHT node and what keeps it; null: it is off, or has no port.</param>
    /// <param name="local">Local discovery; null: it is off.</param>
    public PeerFinder(SharedDatagramPort datagrams, Func<AddressFamily, ushort> listenPort, DhtKeeper? dht, LocalDiscovery? local)
    {
        _datagrams = datagrams;
        _listenPort = listenPort;
        _keeper = dht;
        _dht = dht?.Node;
        _local = local;
    }

    /// <summary>How the DHT node stands; null: it is off, or has no port.</summary>
    public DhtStatus? Status => _dht is null ? null : _dht.Status with { EndPoints = _datagrams.EndPoints };

    /// <summary>Whether there is a DHT node.</summary>
    public bool HasDht => _dht is not null;

    /// <summary>The UDP port of the DHT node in an IP version; 0: it takes no part there.</summary>
    public ushort DhtPort(AddressFamily family) =>
        HasDht && _datagrams.EndPoints.FirstOrDefault(endPoint => endPoint.AddressFamily == family) is { } found ? (ushort)found.Port : (ushort)0;

    /// <summary>Finds the peers of a torrent from now on, and makes us known as one.</summary>
    /// <param name="torrent">The torrent; never a private one.</param>
    /// <param name="isSeed">Tells whether we have everything; must not wait for a lock.</param>
    /// <param name="onPeers">Takes the peers. Called on any thread without a lock; must not throw.</param>
    /// <returns>What ends it.</returns>
    public PeerSearch Find(InfoHash torrent, Func<bool> isSeed, Action<IReadOnlyList<IPEndPoint>, PeerOrigin> onPeers) => new(
        _dht?.Find(torrent, isSeed, (peers, namer) => onPeers(peers, new PeerOrigin(PeerSource.Dht, namer))),
        _local?.Find(torrent, peers => onPeers(peers, PeerSource.LocalDiscovery)));

    /// <summary>Joins the groups of local discovery anew, where the network has other addresses.</summary>
    public void Reopen(INetwork network) => _local?.Reopen(network);

    /// <summary>Takes note of a DHT node that a peer has named.</summary>
    public void AddDhtNode(IPEndPoint endPoint) => _dht?.AddNode(endPoint);

    /// <summary>Takes DHT nodes that a torrent names.</summary>
    /// <param name="nodes">The nodes; none of a private torrent.</param>
    public void AddDhtNodes(IReadOnlyCollection<HostEndPoint> nodes)
    {
        if (nodes.Count > 0)
            _dht?.AddNodes(nodes);
    }

    /// <summary>Where others on the internet see us; null where that is not known.</summary>
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
