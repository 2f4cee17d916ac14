using System.Net;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Transport;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>One connected peer after the handshake: what each side wants and has, and the messages between them.</summary>
internal sealed class PeerConnection
{
    private const int GrantedPieces = 5;

    /// <summary>Rejects without a block in between after which a peer is dropped: some chokes' worth of full queues.</summary>
    private const int MostRejects = 2000;

    private readonly IPeerHandler _handler;
    private readonly IConnection _connection;
    private readonly Handshake _handshake;
    private readonly TimeProvider _time;
    private readonly Lock _fillGate = new();
    private readonly List<ActivePiece> _touched = [];
    private readonly PendingBlock[] _reserved = new PendingBlock[512];
    private volatile int[] _allowedFast = [];
    private int[] _granted = [];
    private long _bytesToHash;
    private readonly Lock _interestGate = new();
    private readonly Lock _chokeGate = new();
    private volatile bool _isPaused;
    private int _rejects;
    private int _closed;
    private long _lastReceived;
    private long _lastPayload;

    /// <summary>Takes a connection over whose handshakes are done.</summary>
    /// <param name="handler">The swarm.</param>
    /// <param name="connection">The stream; disposed with the peer.</param>
    /// <param name="handshake">What the peer said.</param>
    /// <param name="isIncoming">Whether the peer dialled us.</param>
    /// <param name="reader">Where blocks to send come from.</param>
    /// <param name="limits">The limit on sending.</param>
    /// <param name="time">The clock.</param>
    public PeerConnection(
        IPeerHandler handler, IConnection connection, Handshake handshake, bool isIncoming, IBlockReader reader, RateLimiterPair limits, TimeProvider time)
    {
        _handler = handler;
        _connection = connection;
        _handshake = handshake;
        _time = time;
        IsIncoming = isIncoming;
        _lastReceived = _lastPayload = time.GetTimestamp();
        Sender = new PeerSender(connection, reader, limits, time, OnPayloadSent, Close);
        MaxMessageLength = Math.Max(128 * 1024, 1 + Bitfield.ByteLength(handler.PieceCount));
    }

    /// <summary>The peer's address as it is connected.</summary>
    public IPEndPoint RemoteEndPoint => _connection.RemoteEndPoint;

    /// <summary>Who it says it is.</summary>
    public PeerId PeerId => _handshake.PeerId;

    /// <summary>Whether it dialled us.</summary>
    public bool IsIncoming { get; }

    /// <summary>What goes to it.</summary>
    public PeerSender Sender { get; }

    /// <summary>What it has been asked for.</summary>
    public RequestQueue Requests { get; } = new();

    /// <summary>What it said of itself (BEP 10); null before it did.</summary>
    public ExtensionHandshake? Extensions { get; private set; }

    /// <summary>Whether both sides speak the fast extension (BEP 6).</summary>
    public bool IsFast => _handshake.SupportsFast;

    /// <summary>Whether both sides speak the extension protocol (BEP 10).</summary>
    public bool IsExtended => _handshake.SupportsExtensions;

    /// <summary>Whether we do not answer its requests.</summary>
    public bool AmChoking { get; private set; } = true;

    /// <summary>Whether we want something that it has.</summary>
    public bool AmInterested { get; private set; }

    /// <summary>Whether it does not answer our requests.</summary>
    public bool IsChoking { get; private set; } = true;

    /// <summary>Whether it wants something that we have.</summary>
    public bool IsInterested { get; private set; }

    /// <summary>The pieces that may be asked for even while it chokes us (BEP 6), few.</summary>
    public IReadOnlyCollection<int> AllowedFast => _allowedFast;

    /// <summary>Bytes of payload received from it.</summary>
    public long PayloadReceived { get; private set; }

    /// <summary>Bytes of payload sent to it.</summary>
    public long PayloadSent { get; private set; }

    /// <summary>Whether the connection has ended.</summary>
    public bool IsClosed => Volatile.Read(ref _closed) != 0;

    /// <summary>Longest message taken from it, bytes.</summary>
    public int MaxMessageLength { get; }

    /// <summary>What the swarm notes of the peer; guarded by the swarm's lock.</summary>
    public PeerRecord Record { get; } = new();

    /// <summary>Says hello, at the next flush: what we have and, to who understands it, what we can.</summary>
    /// <param name="pieces">The pieces that we have.</param>
    /// <param name="hello">The payload of our extension handshake.</param>
    public void AddHello(Bitfield pieces, ReadOnlySpan<byte> hello)
    {
        if (IsFast && pieces.IsFull)
            Sender.Add(MessageId.HaveAll);
        else if (IsFast && pieces.IsEmpty)
            Sender.Add(MessageId.HaveNone);
        else if (!pieces.IsEmpty)
            Sender.Add(MessageId.Bitfield, pieces.Bytes);
        if (IsExtended)
            Sender.AddExtended(0, hello);
        if (IsFast)
            GrantFast(pieces);
    }

    /// <summary>Answers requests from now on, or no longer. Thread-safe.</summary>
    public void SetChoking(bool choking)
    {
        lock (_chokeGate)
        {
            if (AmChoking == choking)
                return;
            AmChoking = choking;
            Sender.Add(choking ? MessageId.Choke : MessageId.Unchoke);
            if (choking)
            {
                foreach (BlockRequest request in Sender.Uploads.TakeAll())
                    Reject(request);
            }
        }

        Sender.Flush();
    }

    /// <summary>Says whether we want something of it, where that has changed. Thread-safe.</summary>
    /// <param name="isInteresting">
    /// Whether we do, as it is now: several threads find that out at once, and the one that was overtaken must not have the last word.
    /// </param>
    public void UpdateInterest(Predicate<PeerConnection> isInteresting)
    {
        lock (_interestGate)
        {
            bool interested = isInteresting(this);
            if (AmInterested == interested)
                return;
            AmInterested = interested;
            Sender.Add(interested ? MessageId.Interested : MessageId.NotInterested);
        }

        Sender.Flush();
    }

    /// <summary>Asks for as many blocks as should be outstanding. Thread-safe.</summary>
    public void FillRequests()
    {
        if (!AmInterested || IsClosed || (IsChoking && _allowedFast.Length == 0))
            return;

        lock (_fillGate)
        {
            int depth = Requests.Depth;
            int wanted = Math.Min(depth - Requests.Count, _reserved.Length);
            // Requests go out in batches: one message for each block that arrives would be one system call for each.
            if (wanted < Math.Max(1, depth / 8))
                return;

            int reserved = _handler.Reserve(this, _reserved.AsSpan(0, wanted));
            if (reserved == 0)
                return;
            if (Requests.Count == 0)
                _lastPayload = _time.GetTimestamp();
            ReadOnlySpan<PendingBlock> blocks = _reserved.AsSpan(0, reserved);
            Requests.Add(blocks);
            Sender.AddRequests(blocks);
        }

        Sender.Flush();
        if (IsClosed)
            ReleaseRequests();
    }

    /// <summary>Whether a piece may be asked for now.</summary>
    public bool MayRequest(int piece) => !IsChoking || _allowedFast.Contains(piece);

    /// <summary>Takes a request back, where it is outstanding.</summary>
    public void CancelRequest(PendingBlock block)
    {
        if (!Requests.TryTake(block))
            return;
        Sender.Add(MessageId.Cancel, block.Range);
        Sender.Flush();
        _handler.Released([block]);
    }

    /// <summary>Looks for silence and for requests without an answer; called about once a second.</summary>
    /// <param name="rate">Bytes/s of payload from this peer.</param>
    public void Tick(long rate)
    {
        bool isPaused = _isPaused;
        TimeSpan silence = _time.GetElapsedTime(Volatile.Read(ref _lastReceived));
        if (silence > PeerTimeouts.Silence && !isPaused)
        {
            Close("It has been silent for too long.");
            return;
        }

        if (_time.GetElapsedTime(Sender.LastSent) > PeerTimeouts.KeepAlive)
        {
            Sender.AddKeepAlive();
            Sender.Flush();
        }

        Requests.Follow(rate);
        if (Requests.Count > 0 && !isPaused && _time.GetElapsedTime(Volatile.Read(ref _lastPayload)) > PeerTimeouts.Request)
        {
            // Also what a snubbed peer owes: else two such peers could keep a block from all others for ever.
            Requests.Snub();
            ReleaseRequests();
        }

        FillRequests();
    }

    /// <summary>Takes one message. Called from the receive loop.</summary>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? Handle(in PeerMessage message, Slab slab, int blockOffset)
    {
        if (message.IsKeepAlive)
            return null;
        if (message.Id == MessageId.Piece)
            return HandleBlock(message, slab, blockOffset);

        switch (message.Id)
        {
            case MessageId.Choke:
                IsChoking = true;
                // Without the fast extension a choke takes every request back; with it each is rejected by name.
                if (!IsFast)
                    ReleaseRequests();
                return null;
            case MessageId.Unchoke:
                IsChoking = false;
                return null;
            case MessageId.Interested or MessageId.NotInterested:
                IsInterested = message.Id == MessageId.Interested;
                _handler.PeerInterestChanged(this);
                return null;
            case MessageId.Have:
                return HandleHave(message.Piece);
            case MessageId.Bitfield or MessageId.HaveAll or MessageId.HaveNone:
                return HandlePieces(message);
            case MessageId.Request:
                return HandleRequest(message.Range);
            case MessageId.Cancel:
                if (Sender.Uploads.Cancel(message.Range))
                    Reject(message.Range);
                return null;
            case MessageId.RejectRequest when IsFast:
                if (!Requests.TryTake(message.Range, out PendingBlock rejected))
                    return null;
                _handler.Released([rejected]);
                return ++_rejects > MostRejects ? "It refuses whatever it is asked for." : null;
            case MessageId.AllowedFast when IsFast:
                // Ten is the size that BEP 6 proposes; who sends many more gets no more use out of them.
                if ((uint)message.Piece < (uint)_handler.PieceCount && _allowedFast.Length < 32)
                    _allowedFast = [.. _allowedFast, message.Piece];
                return null;
            case MessageId.Extended:
                if (message.Body[0] == 0 && ExtensionHandshake.TryRead(message.Body[1..].ToArray(), out ExtensionHandshake? hello))
                {
                    Extensions = hello;
                    if (hello.RequestQueue is int queue)
                        Requests.SetPeerLimit(queue);
                }

                return null;
            default:
                return null;
        }
    }

    /// <summary>Everything that one receive brought has been handled: blocks go to be hashed, new requests go out.</summary>
    public void EndBatch()
    {
        HandOverBlocks();
        FillRequests();
        Sender.Flush();
    }

    /// <summary>Sends the blocks taken to be hashed. They are counted and may complete a piece, even where the peer then errs.</summary>
    public void HandOverBlocks()
    {
        if (_touched.Count == 0)
            return;
        _handler.BlocksAdded(_touched, _bytesToHash);
        _touched.Clear();
        _bytesToHash = 0;
    }

    /// <summary>Notes that bytes have come in.</summary>
    public void Received() => Volatile.Write(ref _lastReceived, _time.GetTimestamp());

    /// <summary>Notes that nothing is received for a while because of us: the peer is not to blame for the silence.</summary>
    public void Pause() => _isPaused = true;

    /// <summary>Notes that receiving goes on.</summary>
    public void Unpause()
    {
        Volatile.Write(ref _lastReceived, _time.GetTimestamp());
        Volatile.Write(ref _lastPayload, _time.GetTimestamp());
        _isPaused = false;
    }

    /// <summary>Ends the connection. Thread-safe; only the first call counts.</summary>
    /// <param name="reason">Why, for people.</param>
    public void Close(string reason)
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        Sender.Dispose();
        _connection.Dispose();
        ReleaseRequests();
        _handler.PeerClosed(this, reason);
    }

    /// <summary>Receives into a buffer.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _connection.ReceiveAsync(buffer);

    private string? HandleHave(int piece)
    {
        if ((uint)piece >= (uint)_handler.PieceCount)
            return "It claims a piece that the torrent does not have.";
        _handler.PeerHasPiece(this, piece);
        return null;
    }

    private string? HandlePieces(in PeerMessage message)
    {
        switch (message.Id)
        {
            case MessageId.HaveAll when IsFast:
                _handler.PeerHasPieces(this, null);
                return null;
            case MessageId.HaveNone when IsFast:
                return null;
            case MessageId.Bitfield when Bitfield.TryRead(message.Body, _handler.PieceCount, out Bitfield? pieces):
                _handler.PeerHasPieces(this, pieces!.IsFull ? null : pieces);
                return null;
            default:
                return "Its bitfield does not fit the torrent.";
        }
    }

    private string? HandleRequest(BlockRequest range)
    {
        if ((uint)range.Piece >= (uint)_handler.PieceCount || range.Begin < 0 || range.Length <= 0
            || range.Length > BlockRequest.BlockLength || (long)range.Begin + range.Length > _handler.PieceSize(range.Piece))
            return "It asks for a block that cannot be.";

        bool isAllowed = !AmChoking || _granted.Contains(range.Piece);
        if (!isAllowed || !_handler.HasPiece(range.Piece) || !Sender.Uploads.TryAdd(range))
            Reject(range);
        return null;
    }

    private string? HandleBlock(in PeerMessage message, Slab slab, int blockOffset)
    {
        int length = message.Block.Length;
        PayloadReceived += length;
        var range = new BlockRequest(message.Piece, message.Begin, length);
        if (!Requests.TryTake(range, out PendingBlock block))
        {
            _handler.PayloadReceived(length, wasted: length);
            return ++Record.UnaskedBlocks > PeerRecord.MostUnaskedBlocks ? "It sends blocks that nobody asked for." : null;
        }

        Volatile.Write(ref _lastPayload, Volatile.Read(ref _lastReceived));
        Requests.BlockArrived();
        _rejects = 0;
        bool isNew = block.Piece.Add(block.Block, slab, blockOffset, this, out bool othersAsked, out long bytesToHash);
        _handler.PayloadReceived(length, wasted: isNew ? 0 : length);
        if (isNew && othersAsked)
            _handler.BlockArrivedFrom(this, block);
        if (isNew)
        {
            _bytesToHash += bytesToHash;
            if (!_touched.Contains(block.Piece))
                _touched.Add(block.Piece);
        }

        return null;
    }

    /// <summary>Lets a newcomer have a few pieces even while it is choked, so that it has something to give (BEP 6).</summary>
    private void GrantFast(Bitfield pieces)
    {
        _granted = [.. AllowedFastSet.Compute(RemoteEndPoint.Address, _handshake.InfoHash, pieces.Length, GrantedPieces).Where(p => pieces[p])];
        foreach (int piece in _granted)
            Sender.Add(MessageId.AllowedFast, piece);
    }

    private void Reject(BlockRequest range)
    {
        if (IsFast)
            Sender.Add(MessageId.RejectRequest, range);
    }

    private void ReleaseRequests()
    {
        PendingBlock[] released = Requests.TakeAll();
        if (released.Length > 0)
            _handler.Released(released);
    }

    private void OnPayloadSent(int bytes)
    {
        PayloadSent += bytes;
        _handler.PayloadSent(bytes);
    }
}
