using System.Buffers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// The download from one peer: the pieces that it has, whether we want them and it lets us, the blocks that it has been asked for and those
/// that come.
/// </summary>
internal sealed class PeerDownload : IBlockSource
{
    /// <summary>Blocks nobody asked for after which a peer is dropped: a cancelled request may cross with its answer.</summary>
    public const int MostUnaskedBlocks = 1000;

    /// <summary>Rejects without a block in between after which a peer is dropped: some chokes' worth of full queues.</summary>
    private const int MostRejects = 2000;

    /// <summary>Blocks asked for at once.</summary>
    private const int MostReserved = 512;

    /// <summary>Pieces taken note of that it gives though it chokes us; BEP 6 proposes ten. A peer that names more gets no more use of them.</summary>
    private const int MostAllowedFast = 32;

    /// <summary>Suggestions remembered, the newest: older ones are most likely not in the peer's memory any more.</summary>
    private const int MostSuggested = 16;

    private readonly IDownloadHandler _handler;
    private readonly TimeProvider _time;
    private readonly Lock _fillGate = new();
    private readonly Lock _interestGate = new();
    private volatile int[] _allowedFast = [];
    private volatile int[] _suggested = [];
    private volatile bool _isOpen;
    private volatile bool _isStarved;

    /// <summary>The piece it is fetching, guarded by <see cref="_fillGate"/>.</summary>
    private ActivePiece? _current;

    /// <summary>
    /// Pieces to which blocks have been added, the bytes of them that can be hashed, blocks that nobody had asked for and rejects in a row:
    /// the receive loop's.
    /// </summary>
    private readonly List<ActivePiece> _touched = [];
    private long _bytesToHash;
    private int _unaskedBlocks;
    private int _rejects;
    private long _lastPayload;
    private long _unpaused;

    /// <summary>Makes it; nothing is asked for before <see cref="Open"/>.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="handler">The swarm.</param>
    /// <param name="time">The clock.</param>
    public PeerDownload(PeerConnection peer, IDownloadHandler handler, TimeProvider time)
    {
        Peer = peer;
        _handler = handler;
        _time = time;
        _lastPayload = time.GetTimestamp();
    }

    /// <summary>The peer.</summary>
    public PeerConnection Peer { get; }

    /// <summary>What it has been asked for.</summary>
    public RequestQueue Requests { get; } = new();

    /// <summary>Whether we want something that it has.</summary>
    public bool AmInterested { get; private set; }

    /// <summary>Whether it does not answer our requests.</summary>
    public bool IsChoking { get; private set; } = true;

    /// <summary>The pieces that may be asked for even while it chokes us (BEP 6), few.</summary>
    public IReadOnlyCollection<int> AllowedFast => _allowedFast;

    /// <inheritdoc/>
    public ReadOnlySpan<int> Suggested => _suggested;

    /// <summary>Bytes of payload received from it.</summary>
    public long PayloadReceived { get; private set; }

    /// <summary>The pieces it has; written by <see cref="PieceSelection"/> alone.</summary>
    public BlockAvailability Availability { get; } = new();

    /// <inheritdoc/>
    public string Name => Peer.RemoteEndPoint.ToString();

    /// <inheritdoc/>
    public bool IsClosed => Peer.IsClosed;

    /// <inheritdoc/>
    public bool IsSnubbed => Requests.IsSnubbed;

    /// <inheritdoc/>
    public int Requested => Requests.Count;

    /// <summary>Whether it could take more requests than there were blocks for, or is just looking for some.</summary>
    public bool IsStarved => _isStarved;

    private PeerSender Sender => Peer.Sender;

    /// <inheritdoc/>
    public bool MayRequest(int piece) => !IsChoking || _allowedFast.Contains(piece);

    /// <summary>Begins to ask for blocks: from now on the peer's answers are taken.</summary>
    public void Open()
    {
        _isOpen = true;
        FillRequests();
    }

    /// <summary>Tells the peer whether we want something of it, where that has changed. Thread-safe.</summary>
    /// <param name="isInteresting">
    /// Whether we do, as it is now: several threads find that out at once, and the one that was overtaken must not have the last word.
    /// </param>
    public void UpdateInterest(Predicate<IBlockSource> isInteresting)
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
        if (!AmInterested || !_isOpen || Peer.IsClosed || (IsChoking && _allowedFast.Length == 0))
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

    /// <summary>Takes a request back, where it is outstanding. Thread-safe.</summary>
    public void CancelRequest(PendingBlock block)
    {
        if (!Requests.TryTake(block))
            return;
        Sender.Add(MessageId.Cancel, block.Range);
        _handler.Released(this, [block]);
        FillRequests();
        Sender.Flush();
    }

    /// <summary>Looks for requests without an answer; called about once a second.</summary>
    /// <param name="rate">Bytes/s of payload from this peer.</param>
    /// <param name="isPaused">Whether it is us who do not receive.</param>
    public void Tick(long rate, bool isPaused)
    {
        Requests.Follow(rate);
        TimeSpan patience = PayloadReceived > 0 ? PeerTimeouts.Request : PeerTimeouts.FirstBlock;
        if (Requests.Count > 0 && !isPaused && _time.GetElapsedTime(Volatile.Read(ref _lastPayload)) > patience)
        {
            // Also what a snubbed peer owes: else two such peers could keep a block from all others for ever.
            Requests.Snub();
            ReleaseRequests(withCancels: true);
        }
        else if (Requests.Count > 0 && !isPaused)
        {
            ReleaseOverdue();
        }

        FillRequests();
    }

    /// <summary>Receiving goes on after a pause of ours: the peer is not to blame for it.</summary>
    public void Unpause()
    {
        long now = _time.GetTimestamp();
        Volatile.Write(ref _lastPayload, now);
        Volatile.Write(ref _unpaused, now);
    }

    /// <summary>The peer chokes us, or no longer. Called from the receive loop, as all that follow.</summary>
    public void HandleChoke(bool isChoking)
    {
        Peer.FutileWork.Charge(FutileWork.Choke);
        IsChoking = isChoking;
        // Without the fast extension a choke takes every request back; with it each is rejected by name.
        if (isChoking && !Peer.IsFast)
            ReleaseRequests();
    }

    /// <summary>The peer has one more piece.</summary>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? HandleHave(int piece)
    {
        if ((uint)piece >= (uint)_handler.PieceCount)
            return "It claims a piece that the torrent does not have.";
        if (Availability.Has(piece))
        {
            Peer.FutileWork.Charge(FutileWork.Message);
            return null;
        }

        _handler.PeerHasPiece(this, piece);
        return null;
    }

    /// <summary>The peer tells which pieces it has: a bitfield, or all or none of them (BEP 6).</summary>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? HandlePieces(in PeerMessage message)
    {
        // The first is news, as a rule the greatest there is.
        if (Availability.IsSeed || Availability.Pieces is not null)
            Peer.FutileWork.Charge(FutileWork.OfField(_handler.PieceCount));
        switch (message.Id)
        {
            case MessageId.HaveAll when Peer.IsFast:
                _handler.PeerHasPieces(this, null);
                return null;
            case MessageId.HaveNone when Peer.IsFast:
                Peer.FutileWork.Charge(FutileWork.Message);
                return null;
            case MessageId.Bitfield when Bitfield.TryRead(message.Body, _handler.PieceCount, out Bitfield? pieces):
                _handler.PeerHasPieces(this, pieces!.IsFull ? null : pieces);
                return null;
            default:
                return "Its bitfield does not fit the torrent.";
        }
    }

    /// <summary>The peer no longer has a piece (BEP 54).</summary>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? HandleDontHave(int piece)
    {
        if ((uint)piece >= (uint)_handler.PieceCount)
            return "It withdraws a piece that the torrent does not have.";
        Peer.FutileWork.Charge(FutileWork.Loss);
        lock (_fillGate)
        {
            if (_current?.Index == piece)
                _current = null;
        }

        // With the fast extension each request is rejected by name; without it they go as by a choke.
        if (!Peer.IsFast)
        {
            Peer.FutileWork.Charge(FutileWork.Choke);
            ReleaseRequests();
        }

        _handler.PeerLostPiece(this, piece);
        return null;
    }

    /// <summary>The peer refuses a request (BEP 6).</summary>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? HandleReject(BlockRequest range)
    {
        Peer.FutileWork.Charge(FutileWork.Answer);
        if (!Requests.TryTake(range, out PendingBlock rejected))
            return null;
        _handler.Released(this, [rejected]);
        return ++_rejects > MostRejects ? "It rejects every request." : null;
    }

    /// <summary>The peer gives a piece though it chokes us (BEP 6).</summary>
    public void HandleAllowedFast(int piece)
    {
        Peer.FutileWork.Charge(FutileWork.Message);
        if ((uint)piece < (uint)_handler.PieceCount && _allowedFast.Length < MostAllowedFast)
            _allowedFast = [.. _allowedFast, piece];
    }

    /// <summary>The peer would rather give this piece than others (BEP 6): a hint for what is asked for next.</summary>
    public void HandleSuggestion(int piece)
    {
        if ((uint)piece >= (uint)_handler.PieceCount || _suggested.Contains(piece))
        {
            Peer.FutileWork.Charge(FutileWork.Message);
            return;
        }

        // Whether it is of use is found when a piece is picked, as a rule never: it costs as if it brought nothing.
        Peer.FutileWork.Charge(FutileWork.Change);
        _suggested = [piece, .. _suggested.AsSpan(0, Math.Min(_suggested.Length, MostSuggested - 1))];
    }

    /// <summary>Takes a block.</summary>
    /// <param name="message">The piece message.</param>
    /// <param name="slab">What it was received into.</param>
    /// <param name="blockOffset">Where the block begins in the slab.</param>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? HandleBlock(in PeerMessage message, Slab slab, int blockOffset)
    {
        int length = message.Block.Length;
        var range = new BlockRequest(message.Piece, message.Begin, length);
        if (!Requests.TryTake(range, out PendingBlock block))
        {
            // What was given up may still come, and may still be wanted.
            bool isLate = Requests.TryTakeLate(range, out block);
            if (!isLate || !block.Piece.MayCome(this) || !block.Piece.TryReserve(block.Block))
            {
                _handler.PayloadReceived(length, wasted: length);
                return !isLate && ++_unaskedBlocks > MostUnaskedBlocks ? "It sends blocks that were not requested." : null;
            }
        }

        PayloadReceived += length;
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

    /// <summary>The connection has ended: what it owes is free for others. Thread-safe.</summary>
    public void End()
    {
        ReleaseRequests();
        Requests.ForgetLate();
    }

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

    /// <summary>Takes back what the peer has owed for too long, though it sends something now and then.</summary>
    private void ReleaseOverdue()
    {
        long now = _time.GetTimestamp();
        if (_time.GetElapsedTime(Volatile.Read(ref _unpaused), now) <= PeerTimeouts.Request)
            return;
        PendingBlock[] overdue = Requests.TakeOverdue(now - (long)(PeerTimeouts.Request.TotalSeconds * _time.TimestampFrequency));
        Release(overdue, withCancels: true);
    }

    private void ReleaseRequests(bool withCancels = false) => Release(Requests.TakeAll(), withCancels);

    private void Release(PendingBlock[] blocks, bool withCancels)
    {
        if (blocks.Length == 0)
            return;
        if (withCancels)
        {
            foreach (PendingBlock block in blocks)
                Sender.Add(MessageId.Cancel, block.Range);
            Sender.Flush();
        }

        _handler.Released(this, blocks);
    }
}
