using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// The connections of one torrent: dialled and accepted as far as there is room, one for each peer, none to banned ones. The
/// owner uses the peers; it may change while they are connected. Thread-safe.
/// </summary>
internal sealed class PeerSet : IPeerOwner
{
    /// <summary>The most closed peers remembered.</summary>
    private const int MostClosed = 50;

    /// <summary>The most connections to one host, except this machine.</summary>
    private const int MostOfOneHost = 8;

    /// <summary>
    /// The age up to which two connections to one peer are assumed to have been dialled at the same time, one by each side.
    /// </summary>
    private static readonly TimeSpan TwinAge = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Time between two measurements of the peers' usefulness while there is room: short compared with the minutes in which it
    /// fades, long compared with a beat.
    /// </summary>
    private static readonly TimeSpan NoteInterval = TimeSpan.FromSeconds(5);

    private readonly TorrentId _torrent;
    private readonly EngineResources _engine;
    private readonly RateLimiter _download;
    private readonly RateLimiter _upload;
    private readonly Func<bool> _isSeed;
    private readonly PeerDialer _dialer;
    private readonly PeerTurnover _turnover = new();
    private readonly Lock _gate = new();
    private volatile PeerConnection[] _peers = [];
    private Instant _nextNote;
    private Queue<ClosedPeer>? _closed;

    /// <summary>Whether a peer was refused since the last <see cref="TurnOver"/>, because all slots were taken.</summary>
    private volatile bool _isAnyTurnedAway;
    private IPeerSetOwner? _owner;
    private CancellationTokenSource? _session;

    /// <summary>Creates the set, which dials nobody before <see cref="Open"/>.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="engine">The engine's shared resources.</param>
    /// <param name="download">The torrent's own limit for receiving.</param>
    /// <param name="upload">The torrent's own limit for sending.</param>
    /// <param name="isSeed">Returns whether we have every piece. Called with a lock held; must not call back.</param>
    public PeerSet(TorrentId torrent, EngineResources engine, RateLimiter download, RateLimiter upload, Func<bool> isSeed)
    {
        _isSeed = isSeed;
        _torrent = torrent;
        _engine = engine;
        _download = download;
        _upload = upload;
        BackPressure = engine.BackPressure.MakeShare();
        Directory = new PeerDirectory(engine.Random, engine.Self, engine.PeerClasses);
        _dialer = new PeerDialer(engine, torrent, Directory, this) { Known = torrent };
    }

    /// <summary>The torrent's id with all of its known hashes.</summary>
    /// <remarks>
    /// Peers that were dialled when only the v1 hash of a hybrid was known are redialled once both are, so that the connection
    /// uses version 2 and the piece layers can be requested.
    /// </remarks>
    public TorrentId Known
    {
        set
        {
            _dialer.Known = value;
            if (value.SecondWireHash is null)
                return;
            foreach (PeerConnection peer in _peers)
            {
                if (peer is { IsIncoming: false, IsV2: false, OffersV2: true })
                    peer.Close("The two sides reconnect as version 2.");
            }
        }
    }

    /// <summary>The addresses that are known.</summary>
    public PeerDirectory Directory { get; }

    /// <summary>The torrent's share of the bytes waiting for the disk.</summary>
    public BackPressure BackPressure { get; }

    /// <summary>The extensions used with the peers.</summary>
    public ExtensionTable Extensions { get; } = new();

    /// <summary>The currently connected peers.</summary>
    public IReadOnlyList<PeerConnection> Connected => _peers;

    /// <summary>Whether it wants pieces, has no peer, and knows no address to dial now.</summary>
    public bool IsLonely => IsOpen && Effort == DialEffort.Most && !_dialer.IsDialling && !Directory.HasNext(Instant.Now(_engine.Time), DialEffort.Most);

    /// <summary>The peers whose connections ended most recently, the latest first.</summary>
    public IReadOnlyList<ClosedPeer> Closed
    {
        get
        {
            lock (_gate)
                return _closed is null ? [] : Array.AsReadOnly(_closed.Reverse().ToArray());
        }
    }

    /// <summary>How urgently the torrent needs more peers.</summary>
    internal DialEffort Effort => _isSeed() ? DialEffort.Little : _peers.Length > 0 ? DialEffort.More : DialEffort.Most;

    /// <summary>Whether our DHT node is announced to peers, and theirs are recorded (BEP 5).</summary>
    public bool SharesDht { get; set; }

    /// <summary>Whether it dials and accepts peers.</summary>
    public bool IsOpen => _session is not null;

    /// <summary>Our extension handshake, apart from the extensions' own entries.</summary>
    /// <param name="peer">The peer that receives it.</param>
    public ExtensionHandshake HelloTo(PeerConnection peer) => new()
    {
        Client = "TorrentPatron 0.1",
        RequestQueue = UploadQueue.Capacity,
        YourAddress = peer.RemoteEndPoint.Address,
        ListenPort = PortFor(peer.RemoteEndPoint) is > 0 and ushort port ? port : null,
    };

    /// <summary>The port that a peer can reach us at: within our own network there is no router in between.</summary>
    private ushort PortFor(IPEndPoint peer) => AddressReaches.Of(peer.Address) == AddressReach.Global
        ? _engine.OutsidePort(peer.AddressFamily)
        : _engine.ListenPorts.Of(peer.AddressFamily);

    /// <summary>Changes the owner of the peers, both present and future.</summary>
    /// <returns>The connected peers, which joined under the previous owner.</returns>
    public IReadOnlyList<PeerConnection> GiveTo(IPeerSetOwner owner)
    {
        lock (_gate)
        {
            _owner = owner;
            return _peers;
        }
    }

    /// <summary>Starts dialling and accepting peers.</summary>
    public void Open()
    {
        lock (_gate)
            _session ??= new CancellationTokenSource();
        Directory.RetryAll();
        DialMore();
    }

    /// <summary>Closes every connection, and makes no more.</summary>
    public void Close(string reason)
    {
        CancellationTokenSource? session;
        lock (_gate)
        {
            session = _session;
            _session = null;
        }

        // The peers first: otherwise the end of the session would close each without a reason.
        foreach (PeerConnection peer in _peers)
            peer.Close(reason);
        session?.Cancel();
        session?.Dispose();
    }

    /// <summary>Closes every connection and cancels every dial; new ones may be made at once.</summary>
    public void Drop(string reason)
    {
        CancellationTokenSource before;
        lock (_gate)
        {
            if (_session is null)
                return;
            before = _session;
            _session = null;
            _session ??= new CancellationTokenSource();
        }

        foreach (PeerConnection peer in _peers)
            peer.Close(reason);
        before.Cancel();
        before.Dispose();
    }

    /// <summary>Closes peers that the IP filter does not allow.</summary>
    public void CloseFiltered()
    {
        foreach (PeerConnection peer in _peers)
        {
            if (!_engine.Filter.Allows(peer.RemoteEndPoint.Address))
                peer.Close("The IP filter does not allow its address.");
        }
    }

    /// <summary>Called when the network is back: every address may be dialled at once.</summary>
    public void Retry()
    {
        if (!IsOpen)
            return;
        Directory.RetryAll();
        DialMore();
    }

    /// <summary>Adds addresses, and dials them.</summary>
    /// <param name="endPoints">The addresses and ports that peers listen on.</param>
    /// <param name="origin">Their source.</param>
    public void Add(IEnumerable<IPEndPoint> endPoints, PeerOrigin origin)
    {
        foreach (IPEndPoint endPoint in endPoints)
            Directory.Add(endPoint, origin);
        DialMore();
    }

    /// <summary>Takes a connection after its handshakes.</summary>
    public void Attach(IConnection connection, Handshake handshake, bool isIncoming)
    {
        // TCP connections to the internet share the bandwidth with uTP.
        bool isBalanced = connection.Transport == PeerTransport.Tcp && AddressReaches.Of(connection.RemoteEndPoint.Address) == AddressReach.Global;
        var limits = new PeerLimits(_download, _upload, _engine.PeerClasses, connection.RemoteEndPoint.Address)
        {
            TransportDownload = isBalanced ? _engine.TcpDownload : null,
            TransportUpload = isBalanced ? _engine.TcpUpload : null,
        };
        var peer = new PeerConnection(this, connection, handshake, isIncoming, Extensions, limits, _engine.Time);
        CancellationToken session;
        Exception? fault = null;
        PeerConnection? twin;
        PeerConnection? neighbour;
        lock (_gate)
        {
            twin = FindTwin(connection.RemoteEndPoint, handshake.PeerId);
            if (twin is not null && !MakesWay(twin, handshake.PeerId, isIncoming))
                twin = null;
            neighbour = twin is null && isIncoming ? FindIdleNeighbour(connection.RemoteEndPoint.Address, handshake.PeerId) : null;
            if (FindRefusal(connection.RemoteEndPoint, handshake.PeerId, isIncoming, twin ?? neighbour) is { } refusal)
            {
                EngineEvents.Log.PeerRefused(_torrent, connection.RemoteEndPoint, refusal);
                if (handshake.PeerId == _engine.PeerId && !isIncoming)
                    Directory.Forget(connection.RemoteEndPoint);
                else if (!isIncoming)
                    Directory.Ended(connection.RemoteEndPoint, wasUseful: true, Instant.Now(_engine.Time), Effort);
                connection.Dispose();
                return;
            }

            session = _session!.Token;
            _peers = [.. _peers, peer];
            if (isIncoming)
                Directory.Met(connection.RemoteEndPoint.Address);
            else
                Directory.Reached(connection.RemoteEndPoint);
            try
            {
                _owner!.PeerJoined(peer);
            }
#pragma warning disable CA1031 // Any exception ends this peer, once the lock is released.
            catch (Exception e)
#pragma warning restore CA1031
            {
                fault = e;
            }

            if (SharesDht && peer.HasDhtNode && _engine.Finder?.DhtPort(peer.RemoteEndPoint.AddressFamily) is > 0 and ushort port)
                peer.Sender.Add(MessageId.Port, [(byte)(port >> 8), (byte)port]);
        }

        if (fault is not null)
        {
            peer.Close(fault, "joining of a peer");
            return;
        }

        // Only now that the other connection has its slot.
        twin?.Close("It is a second connection to the same peer.");
        neighbour?.Close("It was idle, and another peer connected from its address.");

        peer.Sender.Flush();
        // Not observed: it never throws.
        _ = new PeerReceiver(peer, _engine.Slabs, BackPressure).RunAsync(session);
    }

    /// <summary>Dials known addresses as far as there is room.</summary>
    public void DialMore()
    {
        CancellationToken session;
        lock (_gate)
        {
            if (_session is null)
                return;
            session = _session.Token;
        }

        _dialer.DialMore(session);
    }

    /// <summary>Called with each address that could not be reached.</summary>
    public Action<IPEndPoint>? DialFailed
    {
        get => _dialer.Failed;
        set => _dialer.Failed = value;
    }

    /// <summary>Dials a known address now, with uTP: its peer does the same.</summary>
    public void Punch(IPEndPoint endPoint)
    {
        CancellationToken session;
        lock (_gate)
        {
            if (_session is null)
                return;
            session = _session.Token;
        }

        _dialer.Punch(endPoint, session);
    }

    /// <summary>
    /// If almost all slots are taken, closes peers that have recently been of little use. Called about once a second, in the
    /// torrent's beat.
    /// </summary>
    public void TurnOver()
    {
        PeerConnection[] peers = _peers;
        Instant now = Instant.Now(_engine.Time);
        bool isRoomShort = PeerTurnover.IsNearlyFull(peers.Length, MostPeers) || _engine.IsFull;
        if (isRoomShort || now >= _nextNote)
            NoteUse(peers, now);
        // If the engine as a whole is full, torrents with many peers give up some, and those with few keep them.
        bool isAnyTurnedAway = _isAnyTurnedAway || (_engine.IsFull && peers.Length > _engine.MostPeers / 10);
        _isAnyTurnedAway = false;
        if (!isRoomShort)
            return;
        TurnoverCandidate[] candidates =
        [
            .. peers.Select(peer => new TurnoverCandidate(
                peer.Age, peer.Use.Idle, peer.Use.Recent, Directory.IsTrusted(peer.RemoteEndPoint), !peer.WasUseful && IsIdle(peer), peer.Class.IsPreferred)),
        ];
        PeerConnection[] leaving;
        lock (_gate)
        {
            leaving = [.. _turnover.Choose(candidates, MostPeers, isAnyTurnedAway, isAnyTurnedAway || Directory.HasNext(now, Effort), now).Select(index => peers[index])];
            foreach (PeerConnection peer in leaving)
                _turnover.Left(AddressBlock.Of(peer.RemoteEndPoint.Address), now);
        }

        foreach (PeerConnection peer in leaving)
            peer.Close("It was of little use, and other peers are waiting.");
    }

    private void NoteUse(PeerConnection[] peers, Instant now)
    {
        _nextNote = now + NoteInterval;
        foreach (PeerConnection peer in peers)
            peer.Use.Note(peer.Payload + peer.MetadataPieces + peer.MetadataSent, IsWaitingForUs(peer), now);
    }

    /// <summary>Bans a peer because it sent wrong data.</summary>
    public void Ban(PeerConnection peer, string reason)
    {
        Directory.Ban(peer.RemoteEndPoint, peer.PeerId, wasDialled: !peer.IsIncoming);
        EngineEvents.Log.PeerBanned(_torrent, peer.RemoteEndPoint, reason);
        peer.Close(reason);
    }

    /// <inheritdoc/>
    public void PeerClosed(PeerConnection peer, string reason, ClosedBy by)
    {
        var closed = new ClosedPeer(peer.RemoteEndPoint, peer.Client, WallTime.Now(_engine.Time), by, EngineEvents.Sentence(reason));
        IPeerSetOwner? owner;
        lock (_gate)
        {
            if (Array.IndexOf(_peers, peer) < 0)
                return;
            _peers = Array.FindAll(_peers, p => p != peer);
            owner = _owner;
            Remember(closed);
        }

        EngineEvents.Log.PeerClosed(_torrent, closed);
        _engine.RemovePeer();
        if (!peer.IsIncoming)
            Directory.Ended(peer.RemoteEndPoint, peer.WasUseful || !IsOpen, Instant.Now(_engine.Time), Effort);
        owner?.PeerLeft(peer);
        DialMore();
    }

    /// <summary>Remembers a closed connection that others managed.</summary>
    public void NoteClosed(ClosedPeer closed)
    {
        lock (_gate)
            Remember(closed);
        EngineEvents.Log.PeerClosed(_torrent, closed);
    }

    /// <summary>Exchanges file tree hashes with the peers; null if their requests are rejected.</summary>
    public HashExchange? Hashes { get; set; }

    /// <inheritdoc/>
    public string? PeerSpeaksOfHashes(PeerConnection peer, in PeerMessage message) =>
        Hashes is { } hashes ? hashes.Handle(peer, message) : HashExchange.Decline(peer, message);

    /// <inheritdoc/>
    public void PeerFaulted(PeerConnection peer, string root, Exception fault) => EngineEvents.Log.FaultCaught(_torrent, root, fault);

    /// <summary>Called with the lock held.</summary>
    private void Remember(ClosedPeer closed)
    {
        _closed ??= new Queue<ClosedPeer>();
        if (_closed.Count == MostClosed)
            _closed.Dequeue();
        _closed.Enqueue(closed);
    }

    private int MostPeers => Math.Min(_engine.Settings.MaxPeersPerTorrent, _engine.MostPeers);

    /// <summary>Whether a peer is waiting for us: for its turn to be unchoked, or for blocks it has requested.</summary>
    private static bool IsWaitingForUs(PeerConnection peer) =>
        peer.Transfer is { Upload: { IsInterested: true, AmChoking: true } } || peer.Sender.Uploads.Count > 0 || peer.IsWaitingForMetadata;

    /// <summary>
    /// The connection to a peer with the same id at the same address. The same id at another address is a different peer.
    /// </summary>
    private PeerConnection? FindTwin(IPEndPoint endPoint, PeerId id) =>
        Array.Find(_peers, peer => peer.PeerId == id && peer.RemoteEndPoint.Address.Equals(endPoint.Address));

    /// <summary>
    /// Whether a connection is closed in favour of another to the same peer. If two peers dial each other at once, both could
    /// close both connections: the one dialled by the greater id is kept. A connection that we dialled proves the peer's
    /// listening address, so it wins over an unproven claim. A peer that has been useful is kept.
    /// </summary>
    private bool MakesWay(PeerConnection twin, PeerId id, bool isIncoming)
    {
        if (twin.WasUseful || twin.IsIncoming == isIncoming)
            return false;
        return twin.Age > TwinAge ? !isIncoming : isIncoming == IsAbove(id, _engine.PeerId);
    }

    /// <returns>The reason to refuse a peer; null if it is accepted and has one of the engine's slots.</returns>
    private string? FindRefusal(IPEndPoint endPoint, PeerId id, bool isIncoming, PeerConnection? leaving)
    {
        if (_session is null || _owner is null)
            return "The torrent is not accepting peers.";
        // The filter may have changed since the connection was made.
        if (!_engine.Filter.Allows(endPoint.Address))
            return "The IP filter does not allow its address.";
        if (id == _engine.PeerId)
            return "It is this engine itself.";
        if (Directory.IsBanned(endPoint, id))
            return "It is banned.";
        if (FindTwin(endPoint, id) is { } twin && twin != leaving)
            return "It is already connected.";
        int left = leaving is null ? 0 : 1;
        if (!LocalMachine.Is(endPoint.Address))
        {
            AddressBlock host = AddressBlock.Of(endPoint.Address);
            int ofHost = CountOfHost(host) - left;
            if (ofHost >= MostOfOneHost)
                return "Too many connections from its address.";
            bool isScarce = isIncoming && PeerTurnover.IsNearlyFull(_peers.Length - left, MostPeers);
            if (isScarce && ofHost > 0 && leaving is null)
                return "The last slots are reserved for hosts without a connection.";
            if (isScarce && _turnover.IsResting(host, Instant.Now(_engine.Time)))
                return "It was recently of little use, and other peers are waiting.";
        }

        if (_peers.Length - left < MostPeers && _engine.TryAddPeer())
            return null;
        _isAnyTurnedAway = true;
        return "There is no room for more peers.";
    }

    /// <summary>
    /// The peer to close in favour of another one at its address: if the address has all its slots, the one that has been idle
    /// longest. So a host that holds all slots of an address and does nothing keeps no others away. Null if none has to leave, or
    /// none is idle.
    /// </summary>
    private PeerConnection? FindIdleNeighbour(IPAddress address, PeerId id)
    {
        var host = AddressBlock.Of(address);
        if (LocalMachine.Is(address) || (CountOfHost(host) < MostOfOneHost && !PeerTurnover.IsNearlyFull(_peers.Length, MostPeers)))
            return null;
        return _peers.Where(peer => peer.PeerId != id && AddressBlock.Of(peer.RemoteEndPoint.Address) == host && IsIdle(peer) && !Directory.IsTrusted(peer.RemoteEndPoint))
            .MaxBy(peer => (peer.Use.Idle, peer.Age));
    }

    /// <summary>Whether neither side is interested in the other.</summary>
    private static bool IsIdle(PeerConnection peer) =>
        peer.Transfer is { Upload.IsInterested: false, Download: { AmInterested: false, Requested: 0 } } && peer.Sender.Uploads.Count == 0
        && !peer.IsWaitingForMetadata;

    private int CountOfHost(AddressBlock host) => _peers.Count(peer => AddressBlock.Of(peer.RemoteEndPoint.Address) == host);

    /// <inheritdoc/>
    public void PeerHasDhtNode(PeerConnection peer, ushort port)
    {
        if (SharesDht)
            _engine.Finder?.AddDhtNode(new IPEndPoint(peer.RemoteEndPoint.Address, port));
    }

    /// <inheritdoc/>
    public void PeerSeesUs(PeerConnection peer, IPAddress address) => _engine.Outside.Vote(peer.RemoteEndPoint.Address, address);

    private static bool IsAbove(PeerId left, PeerId right)
    {
        Span<byte> bytes = stackalloc byte[PeerId.Length * 2];
        left.CopyTo(bytes);
        right.CopyTo(bytes[PeerId.Length..]);
        return bytes[..PeerId.Length].SequenceCompareTo(bytes[PeerId.Length..]) > 0;
    }
}
