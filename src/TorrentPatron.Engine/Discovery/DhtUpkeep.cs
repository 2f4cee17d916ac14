using System.Net;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// Joins the DHT of one IP version and maintains the routing table: looks up the nodes near our id at the start, pings nodes that
/// have been silent, and refreshes buckets without recent activity. While few nodes are known the lookup is repeated: nodes that
/// joined at the same time may have missed each other. Guarded by the node's lock.
/// </summary>
/// <param name="overlay">The DHT.</param>
/// <param name="findRouters">Requests bootstrap nodes, which <see cref="Introduce"/> then takes.</param>
internal sealed class DhtUpkeep(DhtOverlay overlay, Action findRouters)
{
    /// <summary>Time between two checks for due work.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(5);

    /// <summary>The number of farthest buckets to refresh after the first lookup: most lookups start in them.</summary>
    private const int FarRegions = 3;

    private readonly List<DhtSearch> _searches = [];
    private DhtSearch? _join;
    private IReadOnlyList<NodeContact> _saved = [];
    private TimeSpan _nextBeat;
    private TimeSpan _nextJoin;
    private TimeSpan _retry = FirstRetry;

    /// <summary>The DHT.</summary>
    public DhtOverlay Overlay => overlay;

    /// <summary>Searches in progress.</summary>
    public int Searches => _searches.Count;

    /// <summary>Searches completed.</summary>
    public long SearchesMade { get; private set; }

    private bool KnowsFew => overlay.Table.Count < RoutingTable.BucketSize;

    /// <summary>Starts joining.</summary>
    /// <param name="saved">The nodes saved by an earlier run.</param>
    /// <param name="now">The time.</param>
    public void Start(IEnumerable<NodeContact> saved, TimeSpan now)
    {
        _saved = [.. saved];
        _nextBeat = now + Beat;
        Join(now);
    }

    /// <summary>Takes a bootstrap address.</summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="isRouter">Whether it is a bootstrap service, which is not kept.</param>
    /// <param name="now">The time.</param>
    public void Introduce(IPEndPoint endPoint, bool isRouter, TimeSpan now)
    {
        if (isRouter)
            overlay.AddRouter(endPoint);
        _join ??= Begin(overlay.Self, Joined, now);
        _join.Lookup.Add(endPoint, null);
        _join.Pump(now);
    }

    /// <summary>Takes addresses that a torrent names.</summary>
    public void AddNodes(IEnumerable<IPEndPoint> nodes, TimeSpan now)
    {
        foreach (IPEndPoint node in nodes)
        {
            if (KnowsFew)
                Introduce(node, isRouter: false, now);
            else
                overlay.Ping(node, now);
        }

        // Nodes given by name wait for this.
        if (overlay.Table.Count == 0)
            _nextJoin = now;
    }

    /// <summary>Does the work that is due.</summary>
    public void Turn(TimeSpan now)
    {
        foreach (DhtSearch search in _searches.ToArray())
            search.Pump(now);
        if (now < _nextBeat)
            return;
        _nextBeat = now + Beat;
        overlay.Peers.Expire(now);
        if (overlay.Table.Questionable(now) is { } silent)
            overlay.Check(silent.EndPoint, now);
        if (KnowsFew && _join is null && now >= _nextJoin)
            Join(now);
        else if (_searches.Count == 0 && overlay.Table.TakeStale(now) is { } target)
            Begin(target, Ended, now).Pump(now);
    }

    /// <summary>When <see cref="Turn"/> has something to do.</summary>
    public TimeSpan NextDue(TimeSpan now)
    {
        TimeSpan next = _nextBeat;
        foreach (DhtSearch search in _searches)
        {
            if (search.Lookup.NextSlow(now) is { } slow && slow < next)
                next = slow;
        }

        return next;
    }

    private void Join(TimeSpan now)
    {
        _join = Begin(overlay.Self, Joined, now);
        foreach (NodeContact node in _saved.Concat(overlay.Lost))
            _join.Lookup.Add(node.EndPoint, node.Id);
        // Public bootstrap services are contacted only if no other node is known.
        bool knowsSome = overlay.Table.Count > 0 || _saved.Count >= RoutingTable.BucketSize;
        _saved = [];
        if (!knowsSome)
            findRouters();
        _join?.Pump(now);
    }

    private void Joined(DhtSearch search, TimeSpan now)
    {
        Ended(search, now);
        _join = null;
        if (KnowsFew)
        {
            _nextJoin = now + _retry;
            _retry = _retry * 2 < LastRetry ? _retry * 2 : LastRetry;
        }
        else
        {
            _retry = FirstRetry;
        }

        for (int i = 0; i < Math.Min(FarRegions, overlay.Table.BucketCount - 1); i++)
            Begin(overlay.Self.WithBitFlipped(i), Ended, now).Pump(now);
    }

    private DhtSearch Begin(NodeId target, Action<DhtSearch, TimeSpan> onOver, TimeSpan now)
    {
        var search = new DhtSearch(overlay, target, onOver, now);
        _searches.Add(search);
        SearchesMade++;
        return search;
    }

    private void Ended(DhtSearch search, TimeSpan now) => _searches.Remove(search);
}
