using System.Net;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Transport;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>The connected peers of one torrent: dialled and accepted, choked and unchoked, told what we have.</summary>
internal sealed class SwarmPeers : IPeerHandler, IDisposable
{
    /// <summary>Bad pieces that a peer may have had a part in, beside others.</summary>
    private const int MostSharedBadPieces = 5;

    /// <summary>How long news of pieces is gathered before it is sent on its own.</summary>
    private static readonly TimeSpan HaveDelay = TimeSpan.FromMilliseconds(50);

    private readonly TorrentMetainfo _metainfo;
    private readonly SwarmPieces _pieces;
    private readonly IBlockReader _reader;
    private readonly EngineResources _engine;
    private readonly RateLimiterPair _download;
    private readonly RateLimiterPair _upload;
    private readonly Random _random;
    private readonly PeerDialer _dialer;
    private readonly Predicate<PeerConnection> _isInteresting;
    private readonly ITimer _haveTimer;
    private readonly Lock _gate = new();
    private volatile PeerConnection[] _peers = [];
    private CancellationTokenSource? _session;
    private DateTimeOffset _nextChoke;
    private int _chokeRound;
    private int _haveScheduled;
    private long _wasted;

    public SwarmPeers(
        TorrentMetainfo metainfo, SwarmPieces pieces, IBlockReader reader, EngineResources engine, RateLimiterPair download, RateLimiterPair upload)
    {
        _metainfo = metainfo;
        _pieces = pieces;
        _reader = reader;
        _engine = engine;
        _download = download;
        _upload = upload;
        _random = engine.NewRandom();
        _isInteresting = pieces.IsInteresting;
        Directory = new PeerDirectory(engine.NewRandom());
        _dialer = new PeerDialer(
            engine, metainfo.InfoHash, Directory, () => _peers.Length, (connection, handshake) => Attach(connection, handshake, isIncoming: false));
        long now = engine.Milliseconds;
        Received = new RateMeter(now);
        Sent = new RateMeter(now);
        _haveTimer = engine.Time.CreateTimer(_ => FlushHaves(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The addresses that are known.</summary>
    public PeerDirectory Directory { get; }

    /// <summary>Payload received.</summary>
    public RateMeter Received { get; }

    /// <summary>Payload sent.</summary>
    public RateMeter Sent { get; }

    /// <summary>Payload received for nothing, bytes.</summary>
    public long Wasted => Interlocked.Read(ref _wasted);

    /// <summary>The connected peers, as they are now.</summary>
    public IReadOnlyList<PeerConnection> Connected => _peers;

    /// <inheritdoc/>
    public int PieceCount => _metainfo.PieceCount;

    private bool IsOpen => _session is not null;

    /// <summary>Begins to dial and to take peers.</summary>
    public void Open()
    {
        lock (_gate)
            _session ??= new CancellationTokenSource();
        Directory.RetryAll();
        DialMore();
    }

    /// <summary>Ends every connection, and makes none from now on.</summary>
    public void Close(string reason)
    {
        CancellationTokenSource? session;
        lock (_gate)
        {
            session = _session;
            _session = null;
        }

        session?.Cancel();
        session?.Dispose();
        foreach (PeerConnection peer in _peers)
            peer.Close(reason);
    }

    /// <summary>Takes note of addresses, and dials.</summary>
    public void Add(IEnumerable<IPEndPoint> endPoints, bool isTrusted)
    {
        foreach (IPEndPoint endPoint in endPoints)
            Directory.Add(endPoint, isTrusted);
        DialMore();
    }

    /// <summary>Takes a connection whose handshakes are done.</summary>
    public void Attach(IConnection connection, Handshake handshake, bool isIncoming)
    {
        // Two that dial each other at once would both drop both connections: the one that the greater id has dialled stays.
        if (Array.Find(_peers, p => p.PeerId == handshake.PeerId) is { } twin && twin.IsIncoming != isIncoming
            && isIncoming == IsAbove(handshake.PeerId, _engine.PeerId))
            twin.Close("It is connected twice.");

        var peer = new PeerConnection(this, connection, handshake, isIncoming, _reader, _upload, _engine.Time);
        CancellationToken session;
        lock (_gate)
        {
            bool isUnwelcome = _session is null || handshake.PeerId == _engine.PeerId || _peers.Length >= _engine.Settings.MaxPeersPerTorrent
                || Directory.IsBanned(connection.RemoteEndPoint.Address) || Array.Exists(_peers, p => p.PeerId == handshake.PeerId)
                || !_engine.TryAddPeer();
            if (isUnwelcome)
            {
                if (handshake.PeerId == _engine.PeerId && !isIncoming)
                    Directory.Forget(connection.RemoteEndPoint);
                else if (!isIncoming)
                    Directory.Ended(connection.RemoteEndPoint, wasUseful: true, _engine.Time.GetUtcNow());
                connection.Dispose();
                return;
            }

            session = _session!.Token;
            // In one step, so that a piece verified meanwhile is either in the bitfield or told behind it.
            peer.AddHello(_pieces.Verified(), Hello());
            _peers = [.. _peers, peer];
        }

        peer.Sender.Flush();
        _ = new PeerReceiver(peer, _engine.Slabs, _engine.BackPressure, _download).RunAsync(session);
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

    /// <summary>Rates, time-outs, choking, dialling; called about once a second.</summary>
    /// <param name="elapsed">Time since the last call.</param>
    public void Tick(TimeSpan elapsed)
    {
        PeerConnection[] peers = _peers;
        double seconds = Math.Max(elapsed.TotalSeconds, 0.001);
        foreach (PeerConnection peer in peers)
        {
            PeerRecord record = peer.Record;
            (long received, long sent) = (peer.PayloadReceived, peer.PayloadSent);
            record.DownloadRate = Smooth(record.DownloadRate, (received - record.LastReceived) / seconds);
            record.UploadRate = Smooth(record.UploadRate, (sent - record.LastSent) / seconds);
            (record.LastReceived, record.LastSent) = (received, sent);
            peer.Tick(record.DownloadRate);
        }

        if (peers.Length > 0 && _engine.Time.GetUtcNow() >= _nextChoke)
            Rechoke();
        DialMore();
    }

    /// <summary>A piece is here: peers are told, and those that have nothing more for us are told that too.</summary>
    public void PieceVerified(int piece, bool isComplete)
    {
        PeerConnection[] peers;
        lock (_gate)
            peers = _peers;
        bool hasNews = false;
        foreach (PeerConnection peer in peers)
        {
            if (!peer.Record.IsSeed && peer.Record.Pieces?[piece] != true)
            {
                peer.Sender.Add(MessageId.Have, piece);
                hasNews = true;
            }

            if (_pieces.NoLongerWanted(peer, piece))
                peer.UpdateInterest(_isInteresting);
        }

        if (isComplete)
            CloseSeeds();
        if (hasNews && Interlocked.Exchange(ref _haveScheduled, 1) == 0)
            _haveTimer.Change(HaveDelay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A piece was bad. Who sent all of it is banned; who sent a part of several is too.</summary>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="senders">Who sent it.</param>
    public void PieceFailed(int length, IReadOnlyList<PeerConnection> senders)
    {
        Interlocked.Add(ref _wasted, length);
        foreach (PeerConnection peer in senders)
        {
            if (senders.Count > 1 && ++peer.Record.BadPieces < MostSharedBadPieces)
                continue;
            Directory.Ban(peer.RemoteEndPoint.Address);
            peer.Close("It has sent wrong data.");
        }

        WakeStarved();
    }

    /// <inheritdoc/>
    public int PieceSize(int piece) => _metainfo.PieceSize(piece);

    /// <inheritdoc/>
    public bool HasPiece(int piece) => _pieces.Has(piece);

    /// <inheritdoc/>
    public void PeerHasPieces(PeerConnection peer, Bitfield? pieces)
    {
        _pieces.PeerHasPieces(peer, pieces);
        peer.UpdateInterest(_isInteresting);
        CloseIfUseless(peer);
    }

    /// <inheritdoc/>
    public void PeerHasPiece(PeerConnection peer, int piece)
    {
        _pieces.PeerHasPiece(peer, piece);
        peer.UpdateInterest(_isInteresting);
        CloseIfUseless(peer);
    }

    /// <inheritdoc/>
    public void PeerInterestChanged(PeerConnection peer)
    {
        if (!peer.IsInterested)
            return;
        // A free slot is given at once; only a full house waits for the next decision.
        if (_peers.Count(p => !p.AmChoking && p.IsInterested) < Choker.RegularSlots + 1)
            peer.SetChoking(false);
    }

    /// <inheritdoc/>
    public int Reserve(PeerConnection peer, Span<PendingBlock> into) => _pieces.Reserve(peer, into);

    /// <inheritdoc/>
    public void Released(ReadOnlySpan<PendingBlock> blocks)
    {
        _pieces.Released(blocks);
        WakeStarved();
    }

    /// <inheritdoc/>
    public void BlockArrivedFrom(PeerConnection peer, PendingBlock block)
    {
        foreach (PeerConnection other in _peers)
        {
            if (other != peer)
                other.CancelRequest(block);
        }
    }

    /// <inheritdoc/>
    public void BlocksAdded(IReadOnlyList<ActivePiece> pieces, long bytesToHash) => _pieces.BlocksAdded(pieces, bytesToHash);

    /// <inheritdoc/>
    public void PayloadReceived(int bytes, int wasted)
    {
        Received.Add(bytes);
        if (wasted > 0)
            Interlocked.Add(ref _wasted, wasted);
    }

    /// <inheritdoc/>
    public void PayloadSent(int bytes) => Sent.Add(bytes);

    /// <inheritdoc/>
    public void PeerClosed(PeerConnection peer, string reason)
    {
        lock (_gate)
        {
            if (Array.IndexOf(_peers, peer) < 0)
                return;
            _peers = Array.FindAll(_peers, p => p != peer);
        }

        _engine.RemovePeer();
        _pieces.PeerLeft(peer);
        if (!peer.IsIncoming)
            Directory.Ended(peer.RemoteEndPoint, wasUseful: peer.PayloadReceived + peer.PayloadSent > 0, _engine.Time.GetUtcNow());
        if (!IsOpen)
            return;
        if (!peer.AmChoking)
            _nextChoke = default;
        WakeStarved();
        DialMore();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close("The torrent stops.");
        _haveTimer.Dispose();
    }

    private static bool IsAbove(PeerId left, PeerId right)
    {
        Span<byte> bytes = stackalloc byte[PeerId.Length * 2];
        left.CopyTo(bytes);
        right.CopyTo(bytes[PeerId.Length..]);
        return bytes[..PeerId.Length].SequenceCompareTo(bytes[PeerId.Length..]) > 0;
    }

    private static long Smooth(long before, double now) => before == 0 ? (long)now : (long)(before * 0.6 + now * 0.4);

    private byte[] Hello() => new ExtensionHandshake
    {
        Client = "TorrentPatron 0.1",
        RequestQueue = UploadQueue.Capacity,
        ListenPort = _engine.ListenPort == 0 ? null : _engine.ListenPort,
    }.ToBytes();

    private void Rechoke()
    {
        _nextChoke = _engine.Time.GetUtcNow() + Choker.Interval;
        PeerConnection[] peers = _peers;
        IReadOnlySet<PeerConnection> chosen =
            Choker.Choose(peers, _pieces.IsComplete, _chokeRound++ % Choker.OptimisticRounds == 0, _random);
        foreach (PeerConnection peer in peers)
            peer.SetChoking(!chosen.Contains(peer));
    }

    private void WakeStarved()
    {
        foreach (PeerConnection peer in _peers)
        {
            // One whose requests were all taken back has nothing left that would wake it.
            if (peer.Record.IsStarved || peer.Requests.Count == 0)
                peer.FillRequests();
        }
    }

    private void FlushHaves()
    {
        Volatile.Write(ref _haveScheduled, 0);
        foreach (PeerConnection peer in _peers)
            peer.Sender.Flush();
    }

    private void CloseSeeds()
    {
        foreach (PeerConnection peer in _peers)
            CloseIfUseless(peer);
    }

    /// <summary>Two that have all they want have nothing to say to each other.</summary>
    private void CloseIfUseless(PeerConnection peer)
    {
        if (peer.Record.IsSeed && _pieces.IsComplete)
            peer.Close("Both sides have everything.");
    }
}
