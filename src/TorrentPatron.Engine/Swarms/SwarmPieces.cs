using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// The pieces of one torrent: which are here, which are in flight, and which a peer is asked for next. Its lock is taken for
/// a piece, or for what a peer says it has, never for a block. Pieces that are put aside unfinished, with some blocks on disk, are
/// the first to be taken up again.
/// </summary>
internal sealed class SwarmPieces : IPieceTarget
{
    /// <summary>Bytes of pieces in flight beyond which a peer joins in one that another has begun.</summary>
    private const long MostActiveBytes = 64L << 20;

    /// <summary>Time in flight after which the blocks of a piece are written before it is verified.</summary>
    private static readonly TimeSpan SlowPiece = TimeSpan.FromSeconds(2);

    /// <summary>Requests below which a peer takes part in the end game, and what it takes at once.</summary>
    private const int EndGameRequests = 8;

    private readonly EngineResources _engine;
    private readonly TorrentMetainfo _metainfo;
    private readonly TorrentStorage _storage;
    private readonly PieceVerifier _verifier;
    private readonly DiskWorkers _workers;
    private readonly BackPressure _backPressure;
    private readonly HeldBytes _held;
    private readonly SuspectPieces _suspects = new();
    private readonly ISwarmEvents _events;
    private readonly int _affinity;
    private readonly Lock _gate = new();
    private readonly PiecePicker _picker;
    private readonly Dictionary<int, ActivePiece> _active = [];

    /// <summary>The blocks on disk of pieces that are neither verified nor in flight.</summary>
    private readonly Dictionary<int, Bitfield> _unfinished = [];
    private readonly Bitfield _verified;
    private Bitfield? _none;
    private long _wantedBytes;
    private long _activeBytes;
    private bool _isOpen;

    public SwarmPieces(
        TorrentMetainfo metainfo, TorrentStorage storage, EngineResources engine, ISwarmEvents events)
    {
        _engine = engine;
        _metainfo = metainfo;
        _storage = storage;
        _verifier = PieceVerifier.For(metainfo);
        _workers = engine.DiskWorkers;
        _backPressure = engine.BackPressure;
        _held = engine.Held;
        _events = events;
        _affinity = metainfo.InfoHash.GetHashCode();
        _picker = new PiecePicker(metainfo.PieceCount, engine.Random);
        _verified = new Bitfield(metainfo.PieceCount);
        _wantedBytes = metainfo.TotalSize;
    }

    /// <summary>How many of the pieces are here.</summary>
    public PieceProgress Progress
    {
        get
        {
            lock (_gate)
                return new PieceProgress(_wantedBytes, _wantedBytes - LeftBytesLocked(), _verified.Count);
        }
    }

    /// <summary>Whether every wanted piece is here.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_gate)
                return _picker.WantedLeft == 0;
        }
    }

    /// <summary>Pieces whose hash was wrong on arrival.</summary>
    public int FailedCount { get; private set; }

    /// <summary>Whether a piece is here. A glance, without the lock: what is here stays.</summary>
    public bool Has(int piece) => _verified[piece];

    /// <summary>A copy of the field of pieces that are here.</summary>
    public Bitfield Verified()
    {
        lock (_gate)
            return _verified.Clone();
    }

    /// <summary>Bytes of all pieces that are not here, wanted or not.</summary>
    public long MissingBytes
    {
        get
        {
            lock (_gate)
            {
                int last = _metainfo.PieceCount - 1;
                long here = (long)_verified.Count * _metainfo.PieceLength;
                if (last >= 0 && _verified[last])
                    here -= _metainfo.PieceLength - _metainfo.PieceSize(last);
                return _metainfo.TotalSize - here;
            }
        }
    }

    /// <summary>Whether pieces are fetched in their order.</summary>
    public bool Sequential
    {
        set
        {
            lock (_gate)
                _picker.Sequential = value;
        }
    }

    /// <summary>Wants other files than before. What is in flight of those no longer wanted still comes in.</summary>
    /// <param name="priorities">Priority of each file.</param>
    /// <param name="peers">Those who are connected: what they have may be of interest now, or no longer.</param>
    public void SetPriorities(IReadOnlyList<FilePriority> priorities, IReadOnlyList<IBlockSource> peers)
    {
        lock (_gate)
        {
            _wantedBytes = 0;
            byte[] wanted = PiecePriorities.Of(_metainfo, priorities);
            for (int piece = 0; piece < wanted.Length; piece++)
            {
                _picker.SetPriority(piece, wanted[piece]);
                if (wanted[piece] > 0)
                    _wantedBytes += _metainfo.PieceSize(piece);
            }

            foreach (IBlockSource peer in peers)
            {
                if (peer.Availability.Pieces is { } pieces)
                    peer.Availability.Interesting = _picker.CountWantedFor(pieces);
            }
        }
    }

    /// <summary>Takes what resume data, or a look at the disk, has found; nothing is in flight then.</summary>
    /// <param name="verified">The pieces that are here.</param>
    /// <param name="unfinished">Those of which a part is here.</param>
    public void Reset(Bitfield verified, IEnumerable<UnfinishedPiece> unfinished)
    {
        lock (_gate)
        {
            _unfinished.Clear();
            foreach (UnfinishedPiece piece in unfinished)
                _unfinished[piece.Piece] = piece.Blocks;
            Reset(verified);
        }
    }

    /// <summary>Takes what a check has found; nothing is in flight then. Unfinished pieces stay so unless they are verified.</summary>
    /// <param name="verified">The pieces that are here.</param>
    public void Reset(Bitfield verified)
    {
        lock (_gate)
        {
            _active.Clear();
            _activeBytes = 0;
            for (int piece = 0; piece < _metainfo.PieceCount; piece++)
            {
                _picker.Return(piece);
                if (verified[piece])
                {
                    _verified.Set(piece);
                    _picker.Verified(piece);
                    _unfinished.Remove(piece);
                }
                else
                {
                    _verified.Clear(piece);
                    _picker.Unverified(piece);
                }
            }
        }
    }

    /// <summary>
    /// Lets pieces be asked for, or has all that are in flight put aside, with their blocks written: that is done when the disk threads
    /// have been drained.
    /// </summary>
    public void Open(bool open)
    {
        lock (_gate)
        {
            _isOpen = open;
            if (open)
                return;
            // A copy: once the disk threads have ended, the job is done within the call.
            foreach (ActivePiece piece in _active.Values.ToArray())
                piece.Finisher.Park();
        }
    }

    /// <summary>
    /// The pieces of which a part is on disk, whether they are in flight or put aside. What is in memory of them is not in it; see
    /// <see cref="WriteOutAsync"/>.
    /// </summary>
    public IReadOnlyList<UnfinishedPiece> Unfinished()
    {
        lock (_gate)
        {
            var pieces = new List<UnfinishedPiece>(_unfinished.Count);
            foreach ((int piece, Bitfield blocks) in _unfinished)
                pieces.Add(new UnfinishedPiece(piece, blocks));
            foreach (ActivePiece piece in _active.Values)
            {
                if (piece.WrittenBlocks() is { } blocks)
                    pieces.Add(new UnfinishedPiece(piece.Index, blocks));
            }

            pieces.Sort(static (one, other) => one.Piece.CompareTo(other.Piece));
            return pieces;
        }
    }

    /// <summary>
    /// Has the blocks written, verified or not, of the pieces that take longer than most: so they outlive a crash.
    /// </summary>
    /// <returns>When that is done: whether there were any.</returns>
    public async Task<bool> WriteOutAsync()
    {
        bool isAny = false;
        Instant latest = Instant.Now(_engine.Time) - SlowPiece;
        lock (_gate)
        {
            foreach (ActivePiece piece in _active.Values.ToArray())
            {
                if (piece.BegunAt > latest)
                    continue;
                piece.Finisher.WriteOut();
                isAny = true;
            }
        }

        // Jobs of one affinity run one after the other: with this one all those before it are done.
        if (isAny)
            await _workers.RunAsync(_affinity, static () => { }).ConfigureAwait(false);
        return isAny;
    }

    /// <summary>A peer has told its pieces; null: all of them.</summary>
    public void PeerHasPieces(IBlockSource peer, Bitfield? pieces)
    {
        BlockAvailability availability = peer.Availability;
        lock (_gate)
        {
            // A peer that is closed beside this has left, or will: what it says must not be counted after that.
            if (peer.IsClosed)
                return;
            if (availability.IsSeed)
                return;
            if (pieces is null)
            {
                BecomeSeed(availability);
            }
            else if (availability.Pieces is { } known)
            {
                // BEP 3 knows a bitfield as the first message only, but aria2 sends one in place of many haves.
                for (int piece = 0; piece < pieces.Length; piece++)
                {
                    if (pieces[piece])
                        AddPiece(availability, known, piece);
                }
            }
            else
            {
                availability.Pieces = pieces;
                _picker.AddPeer(pieces);
                availability.Interesting = _picker.CountWantedFor(pieces);
            }
        }
    }

    /// <summary>A peer has one more piece.</summary>
    public void PeerHasPiece(IBlockSource peer, int piece)
    {
        BlockAvailability availability = peer.Availability;
        lock (_gate)
        {
            if (!availability.IsSeed && !peer.IsClosed)
                AddPiece(availability, availability.Pieces ??= new Bitfield(_metainfo.PieceCount), piece);
        }
    }

    /// <summary>A peer has a piece no longer.</summary>
    public void PeerLostPiece(IBlockSource peer, int piece)
    {
        BlockAvailability availability = peer.Availability;
        lock (_gate)
        {
            if (peer.IsClosed)
                return;
            if (availability.IsSeed)
            {
                _picker.RemoveSeed();
                var all = new Bitfield(_metainfo.PieceCount);
                all.SetAll();
                _picker.AddPeer(all);
                (availability.IsSeed, availability.Pieces, availability.Interesting) = (false, all, _picker.CountWantedFor(all));
            }

            if (availability.Pieces?.Clear(piece) != true)
                return;
            _picker.LostHave(piece);
            if (_picker.IsWanted(piece))
                availability.Interesting--;
        }
    }

    /// <summary>Whether a peer has something that we want.</summary>
    public bool IsInteresting(IBlockSource peer)
    {
        lock (_gate)
            return peer.Availability.IsSeed ? _picker.WantedLeft > 0 : peer.Availability.Interesting > 0;
    }

    /// <summary>A peer has gone.</summary>
    public void PeerLeft(IBlockSource peer)
    {
        lock (_gate)
        {
            if (peer.Availability.IsSeed)
                _picker.RemoveSeed();
            else if (peer.Availability.Pieces is { } pieces)
                _picker.RemovePeer(pieces);
            (peer.Availability.IsSeed, peer.Availability.Pieces) = (false, null);
            foreach (ActivePiece piece in _active.Values)
                piece.Leave(peer);
        }
    }

    /// <summary>
    /// Takes blocks to ask a peer for: of the piece it is fetching, of a new one, of one that another peer has begun, and, when
    /// all are asked for, of those that others owe.
    /// </summary>
    /// <param name="peer">The peer.</param>
    /// <param name="current">The piece it is fetching; null: none. It belongs to the caller, whose lock guards it.</param>
    /// <param name="into">Where to; its length is how many are wanted.</param>
    /// <returns>How many were taken.</returns>
    public int Reserve(IBlockSource peer, ref ActivePiece? current, Span<PendingBlock> into)
    {
        int taken = 0;
        if (current is not null && peer.MayRequest(current.Index))
            taken = current.ReserveFree(into);
        if (taken == into.Length)
            return taken;

        lock (_gate)
        {
            while (taken < into.Length && _isOpen && Next(peer) is { } piece)
            {
                current = piece;
                int reserved = piece.ReserveFree(into[taken..]);
                if (reserved == 0)
                    break;
                taken += reserved;
            }

            if (taken == 0 && _isOpen && peer.Requested < EndGameRequests)
                taken = ReserveInEndGame(peer, into[..Math.Min(into.Length, EndGameRequests)]);
        }

        return taken;
    }

    /// <summary>Blocks that will not come from the peer that was asked.</summary>
    public void Released(ReadOnlySpan<PendingBlock> blocks)
    {
        foreach (PendingBlock block in blocks)
        {
            if (!block.Piece.Release(block.Block))
                continue;
            lock (_gate)
            {
                // Nothing of it is here and nobody is asked for it: it is as good as never begun.
                if (IsActive(block.Piece) && block.Piece.Retire(onlyIfUntouched: true))
                {
                    Remove(block.Piece);
                    _picker.Return(block.Piece.Index);
                }
            }
        }
    }

    /// <summary>Blocks have been added: they go to be hashed and written.</summary>
    public void BlocksAdded(IReadOnlyList<ActivePiece> pieces, long bytesToHash)
    {
        _backPressure.Add(bytesToHash);
        for (int i = 0; i < pieces.Count; i++)
            pieces[i].Finisher.Post();
        if (_held.IsTooMuch)
            SpillMost();
    }

    // One thread for all of a torrent's pieces: two that write into one file spin on the file system's lock (measured: a third
    // more CPU, and slower). Other torrents have other threads.
    void IPieceTarget.PostToDisk(PieceFinisher finisher) => _workers.Post(_affinity, finisher);

    void IPieceTarget.Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> blocks) => _storage.Write(offset, blocks);

    void IPieceTarget.Read(long offset, Span<byte> buffer) => _storage.Read(offset, buffer);

    bool IPieceTarget.IsSuspect(int piece) => _suspects.Contains(piece);

    void IPieceTarget.BytesProcessed(long bytes) => _backPressure.Remove(bytes);

    void IPieceTarget.PieceGood(PieceFinisher finisher, BlockPrints? prints)
    {
        int index = finisher.Piece.Index;
        bool isComplete;
        lock (_gate)
        {
            if (!IsActive(finisher.Piece))
                return;
            Remove(finisher.Piece);
            _verified.Set(index);
            _picker.Verified(index);
            isComplete = _picker.WantedLeft == 0;
        }

        if (prints is not null)
            _events.PoisonersFound(_suspects.Resolve(index, prints));
        _events.PieceVerified(index, isComplete);
    }

    void IPieceTarget.PieceBad(PieceFinisher finisher, BlockPrints prints)
    {
        _suspects.Add(finisher.Piece.Index, prints);
        if (!GiveUp(finisher.Piece))
            return;
        FailedCount++;
        IReadOnlyList<IBlockSource> senders = prints.Senders;
        EngineEvents.Log.PieceFailed(_metainfo.TorrentId, finisher.Piece.Index, senders.Select(static source => source.EndPoint));
        _events.PieceFailed(finisher.Piece, senders);
    }

    void IPieceTarget.RestoredBlocksDropped(PieceFinisher finisher, long bytes) => _events.RestoredBlocksDropped(bytes);

    void IPieceTarget.PieceParked(PieceFinisher finisher, Bitfield? onDisk) => GiveUp(finisher.Piece, onDisk);

    void IPieceTarget.PieceNotWritten(PieceFinisher finisher, Bitfield? onDisk, StorageException error)
    {
        // A torrent that is about to stop loses no more than these blocks.
        if (GiveUp(finisher.Piece, onDisk) && _isOpen)
            _events.StorageFailed(error.Error);
    }

    void IPieceTarget.PieceFaulted(PieceFinisher finisher, Exception fault)
    {
        GiveUp(finisher.Piece);
        _events.Faulted(fault);
    }

    /// <summary>Notes that a verified piece is here no longer a want of the peers that have it.</summary>
    /// <returns>Whether the peer has just ceased to be of interest.</returns>
    public bool NoLongerWanted(IBlockSource peer, int piece)
    {
        lock (_gate)
        {
            if (peer.Availability.IsSeed)
                return _picker.WantedLeft == 0;
            if (peer.Availability.Pieces is not { } pieces || !pieces[piece] || --peer.Availability.Interesting > 0)
                return false;

            // The piece was verified before this: if the peer told of it in between, it was not counted as a want at all.
            peer.Availability.Interesting = _picker.CountWantedFor(pieces);
            return peer.Availability.Interesting == 0;
        }
    }

    private ActivePiece? Next(IBlockSource peer)
    {
        if (peer.IsChoking)
            return NextAllowedFast(peer);

        if (_activeBytes < MostActiveBytes)
        {
            int index = PickUnfinished(peer);
            if (index < 0)
                index = _picker.Pick(PiecesOf(peer));
            if (index >= 0)
                return Begin(index, peer);
        }

        foreach (ActivePiece piece in _active.Values)
        {
            if (piece.HasFree && piece.MayCome(peer) && Has(peer, piece.Index))
                return piece;
        }

        if (_activeBytes >= MostActiveBytes && peer.Requested == 0)
        {
            // All room is taken by pieces that this peer does not have: one more, or it would stand idle.
            int index = _picker.Pick(PiecesOf(peer));
            if (index >= 0)
                return Begin(index, peer);
        }

        return null;
    }

    /// <summary>Takes a piece of which a part is here: the sooner it is whole, the sooner it counts.</summary>
    /// <returns>Index of the piece; -1 where the peer has none that is wanted.</returns>
    private int PickUnfinished(IBlockSource peer)
    {
        foreach (int index in _unfinished.Keys)
        {
            if (Has(peer, index) && _picker.TryPick(index))
                return index;
        }

        return -1;
    }

    private ActivePiece? NextAllowedFast(IBlockSource peer)
    {
        foreach (int index in peer.AllowedFast)
        {
            if (!Has(peer, index))
                continue;
            if (_active.TryGetValue(index, out ActivePiece? piece) ? piece.HasFree && piece.MayCome(peer) : _picker.TryPick(index))
                return piece ?? Begin(index, peer);
        }

        return null;
    }

    private int ReserveInEndGame(IBlockSource peer, Span<PendingBlock> into)
    {
        // A snubbed peer would only take the second place from one that delivers.
        if (peer.IsChoking || peer.IsSnubbed || _picker.HasFreeFor(PiecesOf(peer)))
            return 0;
        int taken = 0;
        foreach (ActivePiece piece in _active.Values)
        {
            if (taken == into.Length)
                break;
            if (!piece.IsComplete && piece.MayCome(peer) && Has(peer, piece.Index))
                taken += piece.ReserveRequested(into[taken..], peer.HasRequested);
        }

        return taken;
    }

    private ActivePiece Begin(int index, IBlockSource peer)
    {
        _unfinished.Remove(index, out Bitfield? onDisk);
        var piece = new ActivePiece(index, _metainfo.PieceSize(index), _held, onDisk)
        {
            BegunAt = Instant.Now(_engine.Time),
            Owner = _suspects.Contains(index) ? peer : null,
        };
        piece.Finisher = new PieceFinisher(piece, _verifier, (long)index * _metainfo.PieceLength, this);
        _active.Add(index, piece);
        _activeBytes += piece.Length;
        // What is on disk is read back while the rest is on its way.
        if (onDisk is not null)
            piece.Finisher.Post();
        return piece;
    }

    private bool IsActive(ActivePiece piece) => _active.TryGetValue(piece.Index, out ActivePiece? active) && active == piece;

    private void Remove(ActivePiece piece)
    {
        _active.Remove(piece.Index);
        _activeBytes -= piece.Length;
    }

    /// <summary>Has the piece written that holds most in memory behind a block that does not come.</summary>
    private void SpillMost()
    {
        ActivePiece? most;
        lock (_gate)
            most = _active.Values.MaxBy(piece => piece.Held);
        if (most is { Held: > 0 })
            most.Finisher.WriteOut();
    }

    /// <summary>Makes a piece in flight free again.</summary>
    /// <param name="piece">Which.</param>
    /// <param name="onDisk">The blocks of it that stay, on disk; null: none.</param>
    private bool GiveUp(ActivePiece piece, Bitfield? onDisk = null)
    {
        lock (_gate)
        {
            if (!IsActive(piece))
                return false;
            Remove(piece);
            if (onDisk is not null)
                _unfinished[piece.Index] = onDisk;
            _picker.Return(piece.Index);
            return true;
        }
    }

    private static bool Has(IBlockSource peer, int piece) => peer.Availability.IsSeed || peer.Availability.Pieces is { } pieces && pieces[piece];

    private void AddPiece(BlockAvailability availability, Bitfield known, int piece)
    {
        if (!known.Set(piece))
            return;
        _picker.Have(piece);
        if (_picker.IsWanted(piece))
            availability.Interesting++;
        if (known.IsFull)
            BecomeSeed(availability);
    }

    private void BecomeSeed(BlockAvailability availability)
    {
        if (availability.Pieces is { } pieces)
            _picker.RemovePeer(pieces);
        _picker.AddSeed();
        (availability.IsSeed, availability.Pieces) = (true, null);
    }

    private Bitfield? PiecesOf(IBlockSource peer) => peer.Availability.IsSeed ? null
        : peer.Availability.Pieces ?? (_none ??= new Bitfield(_metainfo.PieceCount));

    private long LeftBytesLocked()
    {
        if (_picker.WantedLeft == 0)
            return 0;
        long left = (long)_picker.WantedLeft * _metainfo.PieceLength;
        int last = _metainfo.PieceCount - 1;
        if (_picker.IsWanted(last))
            left -= _metainfo.PieceLength - _metainfo.PieceSize(last);
        return Math.Min(left, _wantedBytes);
    }
}
