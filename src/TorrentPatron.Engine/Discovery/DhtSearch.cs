using System.Net;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// A lookup in progress: sends the queries that <see cref="Lookup"/> chooses, and collects the peers found. Guarded by the node's
/// lock; times come from one monotonic clock.
/// </summary>
internal sealed class DhtSearch
{
    /// <summary>The most peers taken from one search: in larger numbers most are probably fake.</summary>
    private const int MostPeers = 1_000;

    private readonly DhtOverlay _overlay;
    private readonly InfoHash? _torrent;
    private readonly bool _noSeeds;
    private readonly Action<IReadOnlyList<IPEndPoint>, AddressBlock> _onPeers;
    private readonly Action<DhtSearch, TimeSpan> _onOver;
    private readonly HashSet<IPEndPoint> _peers = [];

    /// <summary>Creates a search for the nodes nearest to an id.</summary>
    public DhtSearch(DhtOverlay overlay, NodeId target, Action<DhtSearch, TimeSpan> onOver, TimeSpan now)
        : this(overlay, target, null, false, (_, _) => { }, onOver, now)
    {
    }

    /// <summary>Creates a search for a torrent's peers and the nodes nearest to it.</summary>
    /// <param name="overlay">The DHT to search.</param>
    /// <param name="torrent">The torrent.</param>
    /// <param name="noSeeds">Whether to exclude seeds.</param>
    /// <param name="onPeers">Takes new peers as they are found, with the address of the node that named them.</param>
    /// <param name="onOver">Called once, at the end.</param>
    /// <param name="now">The time.</param>
    public DhtSearch(
        DhtOverlay overlay, InfoHash torrent, bool noSeeds, Action<IReadOnlyList<IPEndPoint>, AddressBlock> onPeers, Action<DhtSearch, TimeSpan> onOver, TimeSpan now)
        : this(overlay, NodeId.Of(torrent), torrent, noSeeds, onPeers, onOver, now)
    {
    }

    private DhtSearch(
        DhtOverlay overlay, NodeId target, InfoHash? torrent, bool noSeeds, Action<IReadOnlyList<IPEndPoint>, AddressBlock> onPeers,
        Action<DhtSearch, TimeSpan> onOver, TimeSpan now)
    {
        _overlay = overlay;
        _torrent = torrent;
        _noSeeds = noSeeds;
        _onPeers = onPeers;
        _onOver = onOver;
        Lookup = new Lookup(target, overlay.Self, now);
        foreach (NodeContact node in overlay.Table.Closest(target, 2 * RoutingTable.BucketSize))
            Lookup.Add(node.EndPoint, node.Id);
    }

    /// <summary>The lookup.</summary>
    public Lookup Lookup { get; }

    /// <summary>The DHT that is searched.</summary>
    public DhtOverlay Overlay => _overlay;

    /// <summary>Whether it has ended.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Number of peers found.</summary>
    public int PeersFound => _peers.Count;

    /// <summary>Ends the search without notification.</summary>
    public void Cancel() => IsOver = true;

    /// <summary>Takes the peers announced to this node, if it is among those nearest to the torrent.</summary>
    public void TakeOwnPeers()
    {
        if (_torrent is { } torrent)
            TakePeers(_overlay.Peers.Find(torrent, MostPeers, _noSeeds), IPAddress.Loopback);
    }

    /// <summary>Sends as many queries as allowed, and ends the search if none is left.</summary>
    public void Pump(TimeSpan now)
    {
        while (!IsOver && _overlay.CanAsk(now) && Lookup.TakeNext(now) is { } node)
        {
            if (_torrent is { } torrent)
                _overlay.GetPeers(node.EndPoint, torrent, _noSeeds, (response, then) => Take(node, response, then), now);
            else
                _overlay.FindNode(node.EndPoint, Lookup.Target, (response, then) => Take(node, response, then), now);
        }

        if (IsOver || !Lookup.IsOver(now))
            return;
        IsOver = true;
        _onOver(this, now);
    }

    private void Take(LookupNode node, KrpcResponse? response, TimeSpan now)
    {
        if (response is null)
        {
            Lookup.Failed(node);
        }
        else
        {
            Lookup.Answered(
                node, response.Sender,
                (response.Nodes ?? []).Where(named => named.EndPoint.AddressFamily == _overlay.Family), response.Token);
            TakePeers(response.Peers ?? [], node.EndPoint.Address);
        }

        Pump(now);
    }

    private void TakePeers(IReadOnlyList<IPEndPoint> peers, IPAddress namedBy)
    {
        if (IsOver)
            return;
        List<IPEndPoint> found =
        [
            .. peers.Where(peer => _peers.Count < MostPeers && AddressReaches.MayBeNamed(peer.Address, namedBy) && _peers.Add(peer)),
        ];
        if (found.Count > 0)
            _onPeers(found, AddressBlock.Of(namedBy));
    }
}
