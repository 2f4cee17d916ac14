using System.Buffers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// The download from one peer: the pieces it has, the interest and choke state, the open requests, and the received blocks.
/// </summary>
internal sealed class PeerDownload : IBlockSource
{
    /// <summary>Unrequested blocks after which a peer is dropped: a cancelled request may cross with its answer.</summary>
    public const int MostUnaskedBlocks = 1000;

    /// <summary>
    /// Consecutive rejects without a block after which a peer is dropped: several chokes' worth of full queues.
    /// </summary>
    private const int MostRejects = 2000;

    /// <summary>The most blocks requested at once.</summary>
    private const int MostReserved = 512;

    /// <summary>The most allowed-fast pieces remembered; BEP 6 proposes ten. A peer that names more gains nothing.</summary>
    private const int MostAllowedFast = 32;

    /// <summary>
    /// The most suggestions remembered, newest first: older pieces are probably no longer in the peer's memory.
    /// </summary>
    private const int MostSuggested = 16;

    /// <summary>The longest wait for the verification of the first block: a peer may not answer the request for hashes.</summary>
    private static readonly TimeSpan MostProbation = TimeSpan.FromSeconds(1);

    private readonly IDownloadHandler _handler;
    private readonly TimeProvider _time;
    private readonly Lock _fillGate = new();
    private readonly Lock _interestGate = new();
    private volatile int[] _allowedFast = [];
    private volatile int[] _suggested = [];
    private volatile bool _isOpen;
    private volatile bool _isStarved;

    /// <summary>
    /// Whether its first block is not yet verified by its own hash. Until then it gets only one request, so that a liar wastes one
    /// block rather than a whole window.
    /// </summary>
    private volatile bool _isOnProbation;

    /// <summary>The arrival time of its first block while that is being verified; 0 before.</summary>
    private long _onProbationSince;

    /// <summary>The piece with its first block; used only by the receive loop.</summary>
    private ActivePiece? _firstPiece;

    /// <summary>The piece being downloaded, guarded by <see cref="_fillGate"/>.</summary>
    private ActivePiece? _current;

    /// <summary>
    /// Pieces with new blocks, their bytes that can be hashed, unrequested blocks and consecutive rejects: used only by the
    /// receive loop.
    /// </summary>
    private readonly List<ActivePiece> _touched = [];
    private long _bytesToHash;
    private int _unaskedBlocks;
    private int _rejects;
    private long _lastPayload;
    private long _unpaused;

    /// <summary>Creates the download, which requests nothing before <see cref="Open"/>.</summary>
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

    /// <summary>The open requests.</summary>
    public RequestQueue Requests { get; } = new();

    /// <summary>Whether we are interested in its pieces.</summary>
    public bool AmInterested { get; private set; }

    /// <summary>Whether it is choking us.</summary>
    public bool IsChoking { get; private set; } = true;

    /// <summary>The few pieces that may be requested even while it chokes us (BEP 6).</summary>
    public IReadOnlyCollection<int> AllowedFast => _allowedFast;

    /// <inheritdoc/>
    public ReadOnlySpan<int> Suggested => _suggested;

    /// <summary>Bytes of payload received from it.</summary>
    public long PayloadReceived { get; private set; }

    /// <summary>The pieces it has; written only by <see cref="PieceSelection"/>.</summary>
    public BlockAvailability Availability { get; } = new();

    /// <inheritdoc/>
    public string Name => Peer.RemoteEndPoint.ToString();

    /// <inheritdoc/>
    public bool IsClosed => Peer.IsClosed;

    /// <inheritdoc/>
    public bool IsSnubbed => Requests.IsSnubbed;

    /// <inheritdoc/>
    public int Requested => Requests.Count;

    /// <summary>Whether it could take more requests than there were blocks for, or is looking for blocks.</summary>
    public bool IsStarved => _isStarved;

    private PeerSender Sender => Peer.Sender;

    /// <inheritdoc/>
    public bool MayRequest(int piece) => !IsChoking || _allowedFast.Contains(piece);

    /// <summary>Starts requesting blocks and accepting its answers.</summary>
    public void Open()
    {
        _isOnProbation = _handler.HasBlockHashes;
        _isOpen = true;
        FillRequests();
    }

    /// <summary>Tells the peer about our interest, if it has changed. Thread-safe.</summary>
    /// <param name="isInteresting">
    /// Returns our current interest. Several threads may find a change at once, and an outdated one must not have the last word.
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

    /// <summary>Tops up the open requests. Thread-safe.</summary>
    public void FillRequests()
    {
        if (!AmInterested || !_isOpen || Peer.IsClosed || (IsChoking && _allowedFast.Length == 0))
            return;

        lock (_fillGate)
        {
            bool isOnProbation = _isOnProbation;
            if (isOnProbation && Volatile.Read(ref _onProbationSince) != 0)
                return;
            int depth = isOnProbation ? 1 : Requests.Depth;
            int wanted = Math.Min(depth - Requests.Count, MostReserved);
            // Requests are sent in batches: one message per arriving block would cost a system call for each.
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

    /// <summary>Cancels a request if it is open. Thread-safe.</summary>
    public void CancelRequest(PendingBlock block)
    {
        if (!Requests.TryTake(block))
            return;
        Sender.Add(MessageId.Cancel, block.Range);
        _handler.Released(this, [block]);
        FillRequests();
        Sender.Flush();
    }

    /// <summary>Checks for unanswered requests; called about once a second.</summary>
    /// <param name="rate">Bytes/s of payload from this peer.</param>
    /// <param name="isPaused">Whether we have paused receiving.</param>
    public void Tick(long rate, bool isPaused)
    {
        Requests.Follow(rate);
        if (_isOnProbation && Volatile.Read(ref _onProbationSince) is > 0 and var since && _time.GetElapsedTime(since) > MostProbation)
            _isOnProbation = false;
        TimeSpan patience = PayloadReceived > 0 ? PeerTimeouts.Request : PeerTimeouts.FirstBlock;
        if (Requests.Count > 0 && !isPaused && _time.GetElapsedTime(Volatile.Read(ref _lastPayload)) > patience)
        {
            // Including the requests of a snubbed peer: otherwise two such peers could keep a block from all others for ever.
            Requests.Snub();
            ReleaseRequests(withCancels: true);
        }
        else if (Requests.Count > 0 && !isPaused)
        {
            ReleaseOverdue();
        }

        FillRequests();
    }

    /// <summary>Receiving has resumed after a pause of ours, which must not count against the peer.</summary>
    public void Unpause()
    {
        long now = _time.GetTimestamp();
        Volatile.Write(ref _lastPayload, now);
        Volatile.Write(ref _unpaused, now);
    }

    /// <summary>Handles a choke or unchoke. Called from the receive loop, like all methods below.</summary>
    public void HandleChoke(bool isChoking)
    {
        Peer.FutileWork.Charge(FutileWork.Choke);
        IsChoking = isChoking;
        // Without the fast extension a choke cancels all requests; with it the peer rejects each one.
        if (isChoking && !Peer.IsFast)
            ReleaseRequests();
    }

    /// <summary>Handles a have message.</summary>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
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

    /// <summary>Handles a bitfield, have-all or have-none message (BEP 6).</summary>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
    public string? HandlePieces(in PeerMessage message)
    {
        // The first one is useful, usually the most useful message of all.
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

    /// <summary>Handles the withdrawal of a piece (BEP 54).</summary>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
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

        // With the fast extension the peer rejects each request; without it they are cancelled as by a choke.
        if (!Peer.IsFast)
        {
            Peer.FutileWork.Charge(FutileWork.Choke);
            ReleaseRequests();
        }

        _handler.PeerLostPiece(this, piece);
        return null;
    }

    /// <summary>Handles a reject (BEP 6).</summary>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
    public string? HandleReject(BlockRequest range)
    {
        Peer.FutileWork.Charge(FutileWork.Answer);
        if (!Requests.TryTake(range, out PendingBlock rejected))
            return null;
        _handler.Released(this, [rejected]);
        return ++_rejects > MostRejects ? "It rejects every request." : null;
    }

    /// <summary>Handles an allowed-fast piece (BEP 6).</summary>
    public void HandleAllowedFast(int piece)
    {
        Peer.FutileWork.Charge(FutileWork.Message);
        if ((uint)piece < (uint)_handler.PieceCount && _allowedFast.Length < MostAllowedFast)
            _allowedFast = [.. _allowedFast, piece];
    }

    /// <summary>Handles a suggested piece (BEP 6): a hint for the next requests.</summary>
    public void HandleSuggestion(int piece)
    {
        if ((uint)piece >= (uint)_handler.PieceCount || _suggested.Contains(piece))
        {
            Peer.FutileWork.Charge(FutileWork.Message);
            return;
        }

        // Whether the hint is useful shows only when a piece is picked, usually never, so it is charged as useless.
        Peer.FutileWork.Charge(FutileWork.Change);
        _suggested = [piece, .. _suggested.AsSpan(0, Math.Min(_suggested.Length, MostSuggested - 1))];
    }

    /// <summary>Handles a received block.</summary>
    /// <param name="message">The piece message.</param>
    /// <param name="slab">The slab that it was received into.</param>
    /// <param name="blockOffset">Where the block begins in the slab.</param>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
    public string? HandleBlock(in PeerMessage message, Slab slab, int blockOffset)
    {
        int length = message.Block.Length;
        var range = new BlockRequest(message.Piece, message.Begin, length);
        if (!Requests.TryTake(range, out PendingBlock block))
        {
            // An abandoned request may still be answered, and the block may still be wanted.
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
            if (_isOnProbation)
                _firstPiece ??= block.Piece;
            _bytesToHash += bytesToHash;
            if (!_touched.Contains(block.Piece))
                _touched.Add(block.Piece);
        }

        return null;
    }

    /// <summary>Called when the messages of one receive have been handled: hashes the blocks and sends new requests.</summary>
    public void EndBatch()
    {
        HandOverBlocks();
        if (_firstPiece is { } piece)
        {
            _firstPiece = null;
            Volatile.Write(ref _onProbationSince, _time.GetTimestamp());
            if (!_handler.TryVerifyBlocks(piece))
                _isOnProbation = false;
        }

        FillRequests();
    }

    /// <inheritdoc/>
    public void EndProbation()
    {
        if (!_isOnProbation)
            return;
        _isOnProbation = false;
        FillRequests();
    }

    /// <summary>
    /// Sends the received blocks to be hashed. They count and may complete a piece, even if the peer then violates the protocol.
    /// </summary>
    public void HandOverBlocks()
    {
        if (_touched.Count == 0)
            return;
        _handler.BlocksAdded(_touched, _bytesToHash);
        _touched.Clear();
        _bytesToHash = 0;
    }

    /// <summary>Called when the connection has ended: releases its blocks for other peers. Thread-safe.</summary>
    public void End()
    {
        ReleaseRequests();
        Requests.ForgetLate();
    }

    /// <summary>Requests as many blocks as there is room for, if any are available.</summary>
    private bool TryRequest(Span<PendingBlock> room)
    {
        // Set before looking, so that blocks released meanwhile wake it.
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

    /// <summary>Releases requests that have been open for too long, although the peer sends something now and then.</summary>
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
