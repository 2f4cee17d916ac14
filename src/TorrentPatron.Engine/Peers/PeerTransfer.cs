using System.Net;
using System.Buffers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// What goes on with one peer about a torrent's pieces: what each side has and wants, the blocks that it is asked for and those
/// that it asks for.
/// </summary>
internal sealed class PeerTransfer : IBlockSource
{
    private const int GrantedPieces = 5;

    /// <summary>How often a choked peer gets a piece that was granted to it (BEP 6 names three).</summary>
    private const int MostGrants = 3;

    /// <summary>Rejects without a block in between after which a peer is dropped: some chokes' worth of full queues.</summary>
    private const int MostRejects = 2000;

    /// <summary>Blocks nobody asked for after which a peer is dropped: a cancelled request may cross with its answer.</summary>
    public const int MostUnaskedBlocks = 1000;

    /// <summary>Blocks asked for at once.</summary>
    private const int MostReserved = 512;

    private readonly IPeerHandler _handler;
    private readonly InfoHash _torrent;
    private readonly TimeProvider _time;
    private readonly Lock _fillGate = new();
    private readonly List<ActivePiece> _touched = [];
    private volatile int[] _allowedFast = [];
    private int[] _granted = [];
    private long _grantedBytes;
    private long _bytesToHash;
    private readonly Lock _interestGate = new();
    private readonly Lock _chokeGate = new();

    /// <summary>The piece it is fetching, guarded by <see cref="_fillGate"/>.</summary>
    private ActivePiece? _current;
    private volatile bool _isStarved;

    /// <summary>Blocks received that nobody had asked for, and rejects in a row; only the receive loop touches them.</summary>
    private int _unaskedBlocks;
    private int _rejects;
    private long _lastPayload;
    private long _unpaused;

    /// <summary>Makes ready to speak of pieces with a peer; <see cref="PeerConnection.Begin"/> is what begins it.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="handler">The swarm.</param>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="reader">Where blocks to send come from.</param>
    /// <param name="time">The clock.</param>
    public PeerTransfer(PeerConnection peer, IPeerHandler handler, InfoHash torrent, IBlockReader reader, TimeProvider time)
    {
        Peer = peer;
        _handler = handler;
        _torrent = torrent;
        _time = time;
        _lastPayload = time.GetTimestamp();
        peer.Sender.Serve(reader, OnPayloadSent);
    }

    /// <summary>Who it is.</summary>
    public PeerConnection Peer { get; }

    /// <summary>What it has been asked for.</summary>
    public RequestQueue Requests { get; } = new();

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

    /// <summary>The pieces it has; written by the swarm's pieces alone.</summary>
    public BlockAvailability Availability { get; } = new();

    /// <inheritdoc/>
    public IPEndPoint EndPoint => Peer.RemoteEndPoint;

    /// <inheritdoc/>
    public bool IsClosed => Peer.IsClosed;

    /// <inheritdoc/>
    public bool IsSnubbed => Requests.IsSnubbed;

    /// <inheritdoc/>
    public int Requested => Requests.Count;

    /// <inheritdoc/>
    public bool HasRequested(ActivePiece piece, int block) => Requests.Contains(piece, block);

    /// <summary>How fast it is; written by the torrent's beat alone.</summary>
    public PeerStanding Standing { get; } = new();

    /// <summary>Whether it could take more requests than there were blocks for, or is just looking for some.</summary>
    public bool IsStarved => _isStarved;

    private PeerSender Sender => Peer.Sender;

    /// <summary>Says, at the next flush, which pieces we have: the first message but for extensions.</summary>
    /// <param name="pieces">The pieces that we have.</param>
    public void AddPieces(Bitfield pieces)
    {
        if (Peer.IsFast && pieces.IsFull)
            Sender.Add(MessageId.HaveAll);
        else if (Peer.IsFast && pieces.IsEmpty)
            Sender.Add(MessageId.HaveNone);
        else if (!pieces.IsEmpty)
            Sender.Add(MessageId.Bitfield, pieces.Bytes);
    }

    /// <summary>Lets a newcomer have a few pieces even while it is choked, so that it has something to give (BEP 6).</summary>
    /// <param name="pieces">The pieces that we have.</param>
    public void AddFastGrants(Bitfield pieces)
    {
        if (!Peer.IsFast)
            return;
        _granted = [.. AllowedFastSet.Compute(Peer.RemoteEndPoint.Address, _torrent, pieces.Length, GrantedPieces).Where(p => pieces[p])];
        foreach (int piece in _granted)
            Sender.Add(MessageId.AllowedFast, piece);
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

        Peer.Stir();
        Sender.Flush();
    }

    /// <summary>Says whether we want something of it, where that has changed. Thread-safe.</summary>
    /// <param name="isInteresting">
    /// Whether we do, as it is now: several threads find that out at once, and the one that was overtaken must not have the last word.
    /// </param>
    public void UpdateInterest(Predicate<PeerTransfer> isInteresting)
    {
        lock (_interestGate)
        {
            bool interested = isInteresting(this);
            if (AmInterested == interested)
                return;
            AmInterested = interested;
            Sender.Add(interested ? MessageId.Interested : MessageId.NotInterested);
        }

        Peer.Stir();
        Sender.Flush();
    }

    /// <summary>Asks for as many blocks as should be outstanding. Thread-safe.</summary>
    public void FillRequests()
    {
        if (!AmInterested || Peer.IsClosed || (IsChoking && _allowedFast.Length == 0))
            return;

        lock (_fillGate)
        {
            int depth = Requests.Depth;
            int wanted = Math.Min(depth - Requests.Count, MostReserved);
            // Requests go out in batches: one message for each block that arrives would be one system call for each.
            if (wanted < Math.Max(1, depth / 8))
                return;

            PendingBlock[] reserved = ArrayPool<PendingBlock>.Shared.Rent(wanted);
            try
            {
                if (!TryRequest(reserved.AsSpan(0, wanted)))
                    return;
            }
            finally
            {
                ArrayPool<PendingBlock>.Shared.Return(reserved, clearArray: true);
            }
        }

        Sender.Flush();
        if (Peer.IsClosed)
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

    /// <summary>Looks for requests without an answer; called about once a second.</summary>
    /// <param name="rate">Bytes/s of payload from this peer.</param>
    /// <param name="isPaused">Whether it is us who do not receive.</param>
    public void Tick(long rate, bool isPaused)
    {
        Requests.Follow(rate);
        if (Requests.Count > 0 && !isPaused && _time.GetElapsedTime(Volatile.Read(ref _lastPayload)) > PeerTimeouts.Request)
        {
            // Also what a snubbed peer owes: else two such peers could keep a block from all others for ever.
            Requests.Snub();
            ReleaseRequests();
        }
        else if (Requests.Count > 0 && !isPaused)
        {
            ReleaseOverdue();
        }

        FillRequests();
    }

    /// <summary>Takes one message of those that are about pieces, but for a block. Called from the receive loop.</summary>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? Handle(in PeerMessage message)
    {
        switch (message.Id)
        {
            case MessageId.Choke:
                IsChoking = true;
                // Without the fast extension a choke takes every request back; with it each is rejected by name.
                if (!Peer.IsFast)
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
            case MessageId.RejectRequest when Peer.IsFast:
                if (!Requests.TryTake(message.Range, out PendingBlock rejected))
                    return null;
                _handler.Released([rejected]);
                return ++_rejects > MostRejects ? "It refuses whatever it is asked for." : null;
            case MessageId.AllowedFast when Peer.IsFast:
                // Ten is the size that BEP 6 proposes; who sends many more gets no more use out of them.
                if ((uint)message.Piece < (uint)_handler.PieceCount && _allowedFast.Length < 32)
                    _allowedFast = [.. _allowedFast, message.Piece];
                return null;
            default:
                return null;
        }
    }

    /// <summary>Takes a block. Called from the receive loop.</summary>
    /// <param name="message">The piece message.</param>
    /// <param name="slab">What it was received into.</param>
    /// <param name="blockOffset">Where the block begins in the slab.</param>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? HandleBlock(in PeerMessage message, Slab slab, int blockOffset)
    {
        int length = message.Block.Length;
        PayloadReceived += length;
        var range = new BlockRequest(message.Piece, message.Begin, length);
        if (!Requests.TryTake(range, out PendingBlock block))
        {
            _handler.PayloadReceived(length, wasted: length);
            return ++_unaskedBlocks > MostUnaskedBlocks ? "It sends blocks that nobody asked for." : null;
        }

        Volatile.Write(ref _lastPayload, Peer.LastReceived);
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

    /// <summary>Everything that one receive brought has been handled: blocks go to be hashed, new requests are made.</summary>
    public void EndBatch()
    {
        HandOverBlocks();
        FillRequests();
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

    /// <summary>Receiving goes on after a pause of ours: the peer is not to blame for it.</summary>
    public void Unpause()
    {
        long now = _time.GetTimestamp();
        Volatile.Write(ref _lastPayload, now);
        Volatile.Write(ref _unpaused, now);
    }

    /// <summary>The connection has ended: what it owes is free for others. Called once.</summary>
    public void End() => ReleaseRequests();

    /// <summary>Asks for as many blocks as there is room for, if there are any to be had.</summary>
    private bool TryRequest(Span<PendingBlock> room)
    {
        // Set before it looks: what is released behind its back wakes it then.
        _isStarved = true;
        int reserved = _handler.Reserve(this, ref _current, room);
        if (reserved == room.Length)
            _isStarved = false;
        if (reserved == 0)
            return false;
        if (Requests.Count == 0)
            _lastPayload = _time.GetTimestamp();
        ReadOnlySpan<PendingBlock> blocks = room[..reserved];
        Requests.Add(blocks, _time.GetTimestamp());
        Sender.AddRequests(blocks);
        return true;
    }

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
            case MessageId.HaveAll when Peer.IsFast:
                _handler.PeerHasPieces(this, null);
                return null;
            case MessageId.HaveNone when Peer.IsFast:
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

        bool isAllowed = !AmChoking || IsGranted(range);
        if (!isAllowed || !_handler.HasPiece(range.Piece) || !Sender.Uploads.TryAdd(range))
            Reject(range);
        return null;
    }

    private bool IsGranted(BlockRequest range)
    {
        if (!_granted.Contains(range.Piece))
            return false;
        _grantedBytes += range.Length;
        return _grantedBytes <= (long)MostGrants * _granted.Length * _handler.PieceSize(0);
    }

    private void Reject(BlockRequest range)
    {
        if (Peer.IsFast)
            Sender.Add(MessageId.RejectRequest, range);
    }

    /// <summary>Takes back what the peer has owed for too long, though it sends something now and then.</summary>
    private void ReleaseOverdue()
    {
        long now = _time.GetTimestamp();
        if (_time.GetElapsedTime(Volatile.Read(ref _unpaused), now) <= PeerTimeouts.Request)
            return;
        PendingBlock[] overdue = Requests.TakeOverdue(now - (long)(PeerTimeouts.Request.TotalSeconds * _time.TimestampFrequency));
        foreach (PendingBlock block in overdue)
            Sender.Add(MessageId.Cancel, block.Range);
        if (overdue.Length > 0)
            _handler.Released(overdue);
    }

    /// <summary>Takes that the peer no longer has a piece (BEP 54). Called from the receive loop.</summary>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? HandleDontHave(int piece)
    {
        if ((uint)piece >= (uint)_handler.PieceCount)
            return "It takes back a piece that the torrent does not have.";
        lock (_fillGate)
        {
            if (_current?.Index == piece)
                _current = null;
        }

        // With the fast extension each request is rejected by name; without it they go as by a choke.
        if (!Peer.IsFast)
            ReleaseRequests();
        _handler.PeerLostPiece(this, piece);
        return null;
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
