using System.Collections.Concurrent;
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
/// The pieces of one torrent: chosen by <see cref="Selection"/>, in flight in <see cref="Active"/>, hashed and written by a
/// <see cref="PieceDisk"/>. It makes pieces, and takes what becomes of them to whom it concerns. It has no state of its own that needs a lock.
/// </summary>
internal sealed class SwarmPieces : IPieceResults
{
    /// <summary>Time in flight after which the blocks of a piece are written before it is verified.</summary>
    private static readonly TimeSpan SlowPiece = TimeSpan.FromSeconds(2);

    /// <summary>How long every piece is doubted after a wrong block.</summary>
    private static readonly TimeSpan Doubt = TimeSpan.FromMinutes(5);

    /// <summary>Time without any block after which a bad piece may come again from whoever sent what was dropped of it.</summary>
    private static readonly TimeSpan Shunning = TimeSpan.FromSeconds(10);

    private readonly TorrentMetainfo _metainfo;
    private volatile PieceVerifier _verifier;
    private readonly PieceDisk _disk;

    /// <summary>Null until a piece has been bad.</summary>
    private SuspectPieces? _suspects;
    private readonly HeldBytes _held;

    /// <summary>Makes pieces of equal ones; null where no two files are equal.</summary>
    private readonly PieceCopier? _copier;

    /// <summary>The torrent has been stopped for what its metainfo says: the torrent's disk thread's.</summary>
    private bool _isStopped;
    private readonly TimeProvider _time;
    private readonly ISwarmEvents _events;

    /// <summary>The sources that have sent a whole piece, or some of one, that was good; null until one has.</summary>
    private ConcurrentDictionary<IBlockSource, bool>? _proven;

    /// <summary>Until when every piece is doubted, since a block was wrong.</summary>
    private long _doubtedUntil;

    /// <summary>Makes it; nothing is asked for before <see cref="Open"/>.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="storage">Its files.</param>
    /// <param name="engine">The engine's shared resources.</param>
    /// <param name="events">Is told of pieces.</param>
    /// <param name="backPressure">The torrent's share of the bytes that wait for disks; null: one of its own.</param>
    public SwarmPieces(
        TorrentMetainfo metainfo, TorrentStorage storage, EngineResources engine, ISwarmEvents events, BackPressure? backPressure = null)
    {
        _metainfo = metainfo;
        _verifier = PieceVerifier.For(metainfo);
        Lane = new DiskLane(engine.DiskWorkers, metainfo.InfoHash.GetHashCode(), () => storage.IsSlow);
        _disk = new PieceDisk(storage, Lane, backPressure ?? engine.BackPressure.MakeShare());
        _held = engine.Held;
        _time = engine.Time;
        _events = events;
        Selection = new PieceSelection(metainfo, engine.Random);
        Active = new ActivePieces(Selection, Begin) { IsHeldUp = () => IsHeldUp };
        if (Selection.HasEqual)
            _copier = new PieceCopier(metainfo, () => _verifier, _disk, () => Active.IsOpen, Copied, events.Faulted);
    }

    /// <summary>The threads that touch the torrent's files.</summary>
    public DiskLane Lane { get; }

    /// <summary>Which pieces are here, wanted and had by peers.</summary>
    public PieceSelection Selection { get; }

    /// <summary>The pieces in flight and those put aside.</summary>
    public ActivePieces Active { get; }

    /// <summary>Pieces whose hash was wrong on arrival. Written by the torrent's disk thread alone.</summary>
    public int FailedCount { get; private set; }

    /// <summary>Asks for the hashes of blocks; null where the torrent has none.</summary>
    public LeafFetcher? Leaves { get; set; }

    /// <summary>Whether something waits to be written because another program holds a file.</summary>
    public bool IsHeldUp => _disk.IsHeldUp;

    /// <summary>More hashes are known than before: pieces that are begun from now on are verified by them too.</summary>
    public void Learn(TorrentMetainfo metainfo) => _verifier = PieceVerifier.For(metainfo);

    /// <summary>Wants other files than before. What is in flight of those no longer wanted still comes in.</summary>
    /// <param name="priorities">Priority of each file.</param>
    /// <param name="peers">Those who are connected.</param>
    public void SetPriorities(IReadOnlyList<FilePriority> priorities, IEnumerable<IBlockSource> peers)
    {
        Selection.SetPriorities(PiecePriorities.Of(_metainfo, priorities), peers);
        if (Active.IsOpen)
            _copier?.Add(Selection.HoldEqual());
    }

    /// <summary>
    /// Lets pieces be asked for, or has all that are in flight put aside, with their blocks written: that is done when the disk threads
    /// have been drained.
    /// </summary>
    public void Open(bool open)
    {
        if (open)
        {
            Active.Open();
            _copier?.Add(Selection.HoldEqual());
            return;
        }

        foreach (ActivePiece piece in Active.Close())
            piece.Finisher.Park();
    }

    /// <summary>
    /// Has the blocks written, verified or not, of the pieces that take longer than most: so they outlive a crash.
    /// </summary>
    /// <returns>When that is done: whether there were any.</returns>
    public async Task<bool> WriteOutAsync()
    {
        ActivePiece[] slow = Active.BegunUntil(Instant.Now(_time) - SlowPiece);
        if (slow.Length == 0)
            return false;
        foreach (ActivePiece piece in slow)
            piece.Finisher.WriteOut();
        await _disk.DrainAsync().ConfigureAwait(false);
        return true;
    }

    /// <summary>A peer has gone.</summary>
    public void PeerLeft(IBlockSource peer)
    {
        _proven?.TryRemove(peer, out _);
        Selection.SourceLeft(peer);
    }

    /// <summary>Does what is due; called about once a second.</summary>
    /// <returns>Whether pieces may be asked for that might not before.</returns>
    public bool Tick()
    {
        Active.Forgive(Instant.Now(_time), Shunning);
        return _copier is not null && Selection.ReleaseUnavailable();
    }

    /// <summary>Blocks have been added: they go to be hashed and written.</summary>
    /// <param name="pieces">The pieces to which they have been added.</param>
    /// <param name="bytesToHash">Bytes that can be hashed now and could not before.</param>
    public void BlocksAdded(IReadOnlyList<ActivePiece> pieces, long bytesToHash)
    {
        if (Leaves is { } leaves)
        {
            foreach (ActivePiece piece in pieces)
            {
                if (piece.IsFirstLook && IsDoubtful(piece))
                    leaves.Ask(piece, isSuspect: false);
            }
        }

        _disk.BlocksAdded(pieces, bytesToHash);
        if (_held.IsTooMuch)
            Active.WithMostHeld()?.Finisher.WriteOut();
    }

    /// <summary>Whether the hashes of a piece's blocks are wanted before it is complete: somebody sends it of whom nothing good has come, or a block was wrong lately.</summary>
    private bool IsDoubtful(ActivePiece piece) =>
        _time.GetTimestamp() < Volatile.Read(ref _doubtedUntil) || piece.Senders.Any(sender => _proven?.ContainsKey(sender) != true);

    bool IPieceResults.AskForLeaves(PieceFinisher finisher) =>
        !_verifier.IsContradictory && Leaves?.Ask(finisher.Piece, isSuspect: true) == true;

    void IPieceResults.BlocksWrong(PieceFinisher finisher, WrongBlocks wrong)
    {
        if (!Active.Mend(finisher.Piece, Instant.Now(_time)))
            return;
        Volatile.Write(ref _doubtedUntil, _time.GetTimestamp() + (long)(Doubt.TotalSeconds * _time.TimestampFrequency));
        if (wrong.WasComplete)
            FailedCount++;
        EngineEvents.Log.PieceFailed(_metainfo.TorrentId, finisher.Piece.Index, wrong.Senders.Select(static source => source.Name));
        _events.PoisonersFound(wrong.Senders);
        if (wrong.Bytes > 0)
            _events.BlocksDropped(wrong.Bytes, areOfThisRun: true);
        if (wrong.BytesOfEarlierRuns > 0)
            _events.BlocksDropped(wrong.BytesOfEarlierRuns, areOfThisRun: false);
    }

    bool IPieceResults.IsSuspect(int piece) => _suspects?.Contains(piece) == true;

    void IPieceResults.PieceGood(PieceFinisher finisher, BlockPrints? prints)
    {
        if (!Active.TryComplete(finisher.Piece, out bool isComplete))
            return;
        int index = finisher.Piece.Index;
        if (Leaves is not null)
        {
            foreach (IBlockSource sender in finisher.Piece.Senders)
            {
                if (!sender.IsClosed)
                    LazyInitializer.EnsureInitialized(ref _proven).TryAdd(sender, true);
            }
        }

        if (prints is not null)
            _events.PoisonersFound(_suspects?.Resolve(index, prints) ?? []);
        _events.PieceVerified(index, isComplete);
        _copier?.Add(Selection.EqualTo(index));
    }

    void IPieceResults.PieceBad(PieceFinisher finisher, BlockPrints prints)
    {
        if (!Active.GiveUp(finisher.Piece) || StopIfContradictory())
            return;
        NoteFailure(finisher.Piece.Index, prints);
        _events.PieceFailed(finisher.Piece, prints.Senders);
    }

    void IPieceResults.BlocksDropped(PieceFinisher finisher, long bytes, BlockPrints? prints)
    {
        if (!Active.Mend(finisher.Piece, Instant.Now(_time)) || StopIfContradictory())
            return;
        if (prints is not null)
            NoteFailure(finisher.Piece.Index, prints);
        _events.BlocksDropped(bytes, areOfThisRun: prints is not null);
    }

    void IPieceResults.PieceParked(PieceFinisher finisher, Bitfield? onDisk) => Active.GiveUp(finisher.Piece, onDisk);

    void IPieceResults.PieceNotWritten(PieceFinisher finisher, Bitfield? onDisk, StorageException error)
    {
        // A torrent that is about to stop loses no more than these blocks.
        if (Active.GiveUp(finisher.Piece, onDisk) && Active.IsOpen)
            _events.StorageFailed(error.Error);
    }

    void IPieceResults.PieceFaulted(PieceFinisher finisher, Exception fault)
    {
        Active.GiveUp(finisher.Piece);
        _events.Faulted(fault);
    }

    /// <summary>A piece has been made of an equal one, or could not be.</summary>
    private void Copied(int piece, bool isGood)
    {
        if (Selection.Has(piece))
            return;
        if (isGood && Active.IsOpen)
        {
            _events.PieceVerified(piece, Active.Complete(piece));
            return;
        }

        Selection.ReleaseEqual(piece);
        // Nothing was received in vain, but somebody may be asked for it now.
        _events.BlocksDropped(0, areOfThisRun: true);
    }

    /// <summary>Stops a hybrid torrent whose halves name different content: its pieces are bad whoever sends them, and no peer is to blame.</summary>
    private bool StopIfContradictory()
    {
        if (!_verifier.IsContradictory)
            return false;
        if (!_isStopped)
            _events.StorageFailed(HostErrors.Contradictory(_metainfo.Name));
        _isStopped = true;
        return true;
    }

    private void NoteFailure(int piece, BlockPrints prints)
    {
        LazyInitializer.EnsureInitialized(ref _suspects).Add(piece, prints);
        FailedCount++;
        EngineEvents.Log.PieceFailed(_metainfo.TorrentId, piece, prints.Senders.Select(static source => source.Name));
    }

    private ActivePiece Begin(int index, Bitfield? onDisk)
    {
        var piece = new ActivePiece(index, _metainfo.PieceSize(index), _held, onDisk) { BegunAt = Instant.Now(_time) };
        piece.Finisher = new PieceFinisher(piece, _verifier, (long)index * _metainfo.PieceLength, _disk, this);
        return piece;
    }
}
