using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// A DHT node (BEP 5): finds and announces peers of torrents, and answers other nodes. It never blocks: datagrams and one timer
/// drive it. Thread-safe.
/// </summary>
internal sealed class DhtNode : IDatagramHandler, IDisposable
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(1);

    /// <summary>How long to wait after a fault before retrying.</summary>
    private static readonly TimeSpan FaultRest = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Func<AddressFamily, ushort> _peerPort;
    private readonly BootstrapResolver _bootstrap;
    private readonly bool _isReadOnly;
    private readonly DhtBudget _budget;
    private readonly DhtGuard _guard = new();
    private readonly DhtExchange _exchange;
    private readonly DhtOverlay[] _overlays;
    private readonly DhtResponder _responder;
    private readonly DhtUpkeep[] _upkeeps;
    private readonly DhtSchedule _schedule;
    private readonly ITimer _timer;
    private readonly Action<Exception> _onFault;

    /// <summary>Notifications to send once the lock is released.</summary>
    private readonly List<Action> _outbox = [];
    private long _bytesReceived;
    private bool _isStarted;
    private bool _isDisposed;

    /// <summary>Creates a node, which does nothing before <see cref="Start"/>.</summary>
    /// <param name="settings">The DHT settings.</param>
    /// <param name="port">Sends datagrams; received ones go to <see cref="TryHandle"/>.</param>
    /// <param name="peerPort">The TCP port that peers can connect to over an IP version; 0 means none.</param>
    /// <param name="bootstrap">The bootstrap nodes.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Source of ids and random choices.</param>
    /// <param name="onFault">
    /// Called for each unexpected exception, on any thread without a lock; must not throw. The node goes on.
    /// </param>
    public DhtNode(
        DhtSettings settings, IDatagramPort port, Func<AddressFamily, ushort> peerPort, BootstrapResolver bootstrap, TimeProvider time, Random random,
        Action<Exception> onFault)
    {
        _onFault = onFault;
        _bootstrap = bootstrap;
        _time = time;
        _peerPort = peerPort;
        _isReadOnly = settings.IsReadOnly;
        _budget = new DhtBudget(settings.MaxUploadRate, Now);
        _exchange = new DhtExchange(port, _budget);
        AddressFamily[] families = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];
        _overlays = [.. families.Where(port.Has).Select(family => new DhtOverlay(family, _exchange, settings, random))];
        _upkeeps = [.. _overlays.Select(overlay => new DhtUpkeep(overlay, () => FindRouters(overlay)))];
        _schedule = new DhtSchedule(_overlays, random, Announce);
        _responder = new DhtResponder(_overlays, new TokenIssuer(RandomNumberGenerator.Fill, Now))
        {
            OnAnnounced = (announce, peer) => _schedule.Announced(announce.InfoHash, announce.IsSeed, peer),
        };
        _timer = time.CreateTimer(_ => Locked(Turn), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A snapshot of the node.</summary>
    public DhtStatus Status
    {
        get
        {
            lock (_gate)
            {
                return new DhtStatus
                {
                    NodesIPv4 = CountOf(AddressFamily.InterNetwork),
                    NodesIPv6 = CountOf(AddressFamily.InterNetworkV6),
                    Torrents = _schedule.Torrents,
                    Lookups = _schedule.Searches + _upkeeps.Sum(upkeep => upkeep.Searches),
                    LookupsMade = _schedule.SearchesMade + _upkeeps.Sum(upkeep => upkeep.SearchesMade),
                    StoredTorrents = _overlays.Sum(overlay => overlay.Peers.TorrentCount),
                    StoredPeers = _overlays.Sum(overlay => overlay.Peers.PeerCount),
                    BytesReceived = _bytesReceived,
                    BytesSent = _exchange.BytesSent,
                    ExternalAddress = _overlays.Select(overlay => overlay.ExternalAddress).FirstOrDefault(address => address is not null),
                };
            }
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(0);

    /// <summary>Starts looking for other nodes.</summary>
    /// <param name="saved">The state saved by an earlier run.</param>
    public void Start(DhtState saved) => Locked(now =>
    {
        if (_isStarted)
            return;
        _isStarted = true;
        foreach (DhtUpkeep upkeep in _upkeeps)
            upkeep.Start(saved.Nodes.Where(node => node.EndPoint.AddressFamily == upkeep.Overlay.Family), now);
    });

    /// <summary>The state to save for the next run.</summary>
    public DhtState Save()
    {
        lock (_gate)
            return new DhtState { Nodes = [.. _overlays.SelectMany(overlay => overlay.Table.All())] };
    }

    /// <summary>Looks up a torrent's peers and announces us as one, every quarter of an hour from now on.</summary>
    /// <param name="torrent">The torrent; never a private one.</param>
    /// <param name="isSeed">Returns whether we have every piece. Called with a lock held: it must not block.</param>
    /// <param name="onPeers">
    /// Takes peers as they are found, with the address of the node that named them. Called on any thread without a lock; must not
    /// throw.
    /// </param>
    /// <returns>Disposing it ends the search.</returns>
    public DhtTorrent Find(InfoHash torrent, Func<bool> isSeed, Action<IReadOnlyList<IPEndPoint>, AddressBlock> onPeers)
    {
        var wanted = new DhtTorrent(this, torrent, isSeed, (peers, namer) => _outbox.Add(() => onPeers(peers, namer)));
        Locked(now => _schedule.Add(wanted, now));
        return wanted;
    }

    /// <summary>Our address as other nodes report it; null while too few have.</summary>
    public IPAddress? ExternalAddress(AddressFamily family)
    {
        lock (_gate)
            return OverlayOf(family)?.ExternalAddress;
    }

    /// <summary>Pings a node that a peer has named.</summary>
    public void AddNode(IPEndPoint endPoint) => Locked(now => OverlayOf(endPoint)?.Ping(endPoint, now));

    /// <summary>
    /// Takes nodes that a torrent names. Those given by address are contacted at once; all of them are contacted, like those in
    /// the settings, whenever no other node is known.
    /// </summary>
    public void AddNodes(IReadOnlyCollection<HostEndPoint> nodes)
    {
        _bootstrap.Add(nodes);
        Locked(now =>
        {
            if (!_isStarted)
                return;
            foreach (DhtUpkeep upkeep in _upkeeps)
                upkeep.AddNodes(BootstrapResolver.Known(nodes, upkeep.Overlay.Family), now);
        });
    }

    /// <inheritdoc/>
    public bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote)
    {
        // Every message is a dictionary; no other protocol on this port begins with this byte.
        if (datagram.IsEmpty || datagram.Span[0] != (byte)'d')
            return false;
        try
        {
            if (KrpcReader.TryRead(datagram, out KrpcMessage? message))
            {
                Locked(now =>
                {
                    _bytesReceived += datagram.Length;
                    Handle(message, remote, now);
                });
            }
        }
#pragma warning disable CA1031 // Any exception affects this datagram only.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _onFault(e);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
            _isDisposed = true;
        _timer.Dispose();
    }

    internal void Hurry(DhtTorrent torrent) => Locked(now => _schedule.Hurry(torrent, now));

    internal void Remove(DhtTorrent torrent)
    {
        lock (_gate)
            _schedule.Remove(torrent);
    }

    private void Handle(KrpcMessage message, IPEndPoint remote, TimeSpan now)
    {
        if (OverlayOf(remote) is not { } overlay)
            return;
        if (message is KrpcResponse or KrpcError)
        {
            _exchange.Answered(message, remote, now);
            return;
        }

        if (_isReadOnly || !_guard.Allows(remote, now))
            return;
        if (message is KrpcQuery query)
        {
            if (_exchange.Answer(_responder.Answer(query, remote, overlay, now), remote, now))
                overlay.QueryReceived(query, remote, now);
        }
        else if (message is InvalidQuery unfit)
        {
            _exchange.Answer(DhtResponder.Refuse(unfit), remote, now);
        }
    }

    private int Announce(DhtTorrent torrent, DhtSearch search, TimeSpan now)
    {
        ushort port = _peerPort(search.Overlay.Family);
        if (port == 0)
            return 0;
        IReadOnlyList<LookupNode> nodes = search.Lookup.Closest(RoutingTable.BucketSize, withToken: true);
        foreach (LookupNode node in nodes)
            search.Overlay.Announce(node, torrent.InfoHash, port, torrent.IsSeed(), now);
        return nodes.Count;
    }

    /// <summary>Finds the bootstrap nodes, either at once or, if names have to be resolved, later.</summary>
    private void FindRouters(DhtOverlay overlay)
    {
        foreach (IPEndPoint endPoint in _bootstrap.Known(overlay.Family))
            UpkeepOf(overlay).Introduce(endPoint, isRouter: false, Now);
        _outbox.Add(() => _ = ResolveAsync());

        async Task ResolveAsync()
        {
            try
            {
                foreach ((IPEndPoint endPoint, bool isRouter) in await _bootstrap.ResolveAsync(overlay.Family).ConfigureAwait(false))
                    Locked(now => UpkeepOf(overlay).Introduce(endPoint, isRouter, now));
            }
#pragma warning disable CA1031 // Nobody awaits this; it is retried while no node is known.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _onFault(e);
            }
        }
    }

    private DhtUpkeep UpkeepOf(DhtOverlay overlay) => Array.Find(_upkeeps, upkeep => upkeep.Overlay == overlay)!;

    private DhtOverlay? OverlayOf(IPEndPoint endPoint) => OverlayOf(endPoint.AddressFamily);

    private DhtOverlay? OverlayOf(AddressFamily family)
    {
        foreach (DhtOverlay overlay in _overlays)
        {
            if (overlay.Family == family)
                return overlay;
        }

        return null;
    }

    private int CountOf(AddressFamily family) => OverlayOf(family)?.Table.Count ?? 0;

    /// <summary>
    /// Runs an action with the lock held, then whatever is due, and sends notifications once the lock is released. A fault is
    /// reported, and the node goes on.
    /// </summary>
    private void Locked(Action<TimeSpan> action)
    {
        Action[] news;
        Exception? fault = null;
        lock (_gate)
        {
            if (_isDisposed)
                return;
            TimeSpan now = Now;
            try
            {
                action(now);
                if (_isStarted)
                    SetTimer(now);
            }
#pragma warning disable CA1031 // The root of a loop: its timer must be set again after any exception.
            catch (Exception e)
#pragma warning restore CA1031
            {
                fault = e;
                _timer.Change(FaultRest, Timeout.InfiniteTimeSpan);
            }

            news = [.. _outbox];
            _outbox.Clear();
        }

        if (fault is not null)
            _onFault(fault);
        foreach (Action tell in news)
        {
            try
            {
                tell();
            }
#pragma warning disable CA1031 // One listener that throws must not stop the others from being notified.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _onFault(e);
            }
        }
    }

    private void SetTimer(TimeSpan now)
    {
        TimeSpan next = _exchange.NextExpiry ?? TimeSpan.MaxValue;
        foreach (DhtUpkeep upkeep in _upkeeps)
            next = Least(next, upkeep.NextDue(now));
        if (_schedule.NextDue(now) is { } due)
            next = Least(next, due);
        // Searches that wait for a free query slot continue when there is one.
        TimeSpan room = _budget.UntilCanAsk(now);
        if (room > TimeSpan.Zero)
            next = Least(next, now + room);
        // One millisecond is added because timers drop fractions and would fire just too early.
        TimeSpan wait = next <= now ? TimeSpan.FromMilliseconds(1) : next - now + TimeSpan.FromMilliseconds(1);
        _timer.Change(Least(wait, LongestRest), Timeout.InfiniteTimeSpan);
    }

    private static TimeSpan Least(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private void Turn(TimeSpan now)
    {
        _exchange.Expire(now);
        foreach (DhtUpkeep upkeep in _upkeeps)
            upkeep.Turn(now);
        _schedule.Turn(now);
    }
}
