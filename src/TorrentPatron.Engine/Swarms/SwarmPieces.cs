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
/// <see cref="PieceDisk"/>. It creates pieces and passes on their results. It has no state of its own that needs a lock.
/// </summary>
internal sealed class SwarmPieces : IPieceResults
{
    /// <summary>Time in flight after which the blocks of a piece are written before it is verified.</summary>
    private static readonly TimeSpan SlowPiece = TimeSpan.FromSeconds(2);

    /// <summary>How long every piece is in doubt after a wrong block.</summary>
    private static readonly TimeSpan Doubt = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Time without any block after which a failed piece may again come from the senders of its dropped blocks.
    /// </summary>
    private static readonly TimeSpan Shunning = TimeSpan.FromSeconds(10);

    private readonly TorrentMetainfo _metainfo;
    private volatile PieceVerifier _verifier;
    private readonly PieceDisk _disk;

    /// <summary>Null until a piece has failed.</summary>
    private SuspectPieces? _suspects;
    private readonly HeldBytes _held;

    /// <summary>Copies equal pieces; null if no two files are equal.</summary>
    private readonly PieceCopier? _copier;

    /// <summary>
    /// Whether the torrent was stopped because its metainfo contradicts itself; used only on the torrent's disk thread.
    /// </summary>
    private bool _isStopped;
    private readonly TimeProvider _time;
    private readonly ISwarmEvents _events;

    /// <summary>The sources that have sent all or part of a verified piece; null until there is one.</summary>
    private ConcurrentDictionary<IBlockSource, bool>? _proven;

    /// <summary>Until when every piece is in doubt, because a block was wrong.</summary>
    private long _doubtedUntil;

    /// <summary>Creates the pieces; nothing is requested before <see cref="Open"/>.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="storage">Its files.</param>
    /// <param name="engine">The engine's shared resources.</param>
    /// <param name="events">Receives the events of pieces.</param>
    /// <param name="backPressure">The torrent's share of the bytes waiting for the disk; null creates a separate one.</param>
    public SwarmPieces(
        TorrentMetainfo metainfo, TorrentStorage storage, EngineResources engine, ISwarmEvents events, BackPressure? backPressure = null)
    {
        _metainfo = metainfo;
        _verifier = PieceVerifier.For(metainfo);
        DiskQueue = new TorrentDiskQueue(engine.DiskWorkers, metainfo.InfoHash.GetHashCode(), () => storage.IsSlow);
        _disk = new PieceDisk(storage, DiskQueue, backPressure ?? engine.BackPressure.MakeShare());
        _held = engine.Held;
        _time = engine.Time;
        _events = events;
        Selection = new PieceSelection(metainfo, engine.Random);
        Active = new ActivePieces(Selection, Begin) { IsHeldUp = () => IsHeldUp };
        if (Selection.HasEqual)
            _copier = new PieceCopier(metainfo, () => _verifier, _disk, () => Active.IsOpen, Copied, events.Faulted);
    }

    /// <summary>The threads that access the torrent's files.</summary>
    public TorrentDiskQueue DiskQueue { get; }

    /// <summary>The verified and wanted pieces, and those of the peers.</summary>
    public PieceSelection Selection { get; }

    /// <summary>The pieces in flight, and those set aside.</summary>
    public ActivePieces Active { get; }

    /// <summary>Pieces that failed their hash check. Written only by the torrent's disk thread.</summary>
    public int FailedCount { get; private set; }

    /// <summary>Requests block hashes; null if the torrent has none.</summary>
    public LeafFetcher? Leaves { get; set; }

    /// <summary>Whether writes are waiting because another program has locked a file.</summary>
    public bool IsHeldUp => _disk.IsHeldUp;

    /// <summary>Takes newly known hashes: pieces started from now on are verified with them too.</summary>
    public void Learn(TorrentMetainfo metainfo) => _verifier = PieceVerifier.For(metainfo);

    /// <summary>Changes which files are wanted. Blocks in flight of files no longer wanted are still accepted.</summary>
    /// <param name="priorities">Priority of each file.</param>
    /// <param name="peers">The connected peers.</param>
    public void SetPriorities(IReadOnlyList<FilePriority> priorities, IEnumerable<IBlockSource> peers)
    {
        Selection.SetPriorities(PiecePriorities.Of(_metainfo, priorities), peers);
        if (Active.IsOpen)
            _copier?.Add(Selection.HoldEqual());
    }

    /// <summary>
    /// Allows requesting pieces, or sets all pieces in flight aside and writes their blocks, which is complete once the disk
    /// threads have been drained.
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

    /// <summary>Writes the blocks of slow pieces, verified or not, so that they survive a crash.</summary>
    /// <returns>When complete: whether there were any.</returns>
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

    /// <summary>Called when a peer has left.</summary>
    public void PeerLeft(IBlockSource peer)
    {
        _proven?.TryRemove(peer, out _);
        Selection.SourceLeft(peer);
    }

    /// <summary>Does the work that is due; called about once a second.</summary>
    /// <returns>Whether more pieces may be requested than before.</returns>
    public bool Tick()
    {
        Active.Forgive(Instant.Now(_time), Shunning);
        return _copier is not null && Selection.ReleaseUnavailable();
    }

    /// <summary>Queues new blocks for hashing and writing.</summary>
    /// <param name="pieces">The pieces with new blocks.</param>
    /// <param name="bytesToHash">The bytes that have now become hashable.</param>
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

    /// <summary>
    /// Whether a piece's block hashes are wanted before it is complete: one of its senders is unproven, or a block was wrong
    /// recently.
    /// </summary>
    private bool IsDoubtful(ActivePiece piece) =>
        _time.GetTimestamp() < Volatile.Read(ref _doubtedUntil) || piece.Senders.Any(sender => _proven?.ContainsKey(sender) != true);

    /// <summary>Requests the hashes of a piece's blocks, unless they are known or requested.</summary>
    /// <param name="piece">The piece.</param>
    /// <returns>False if no peer can be asked.</returns>
    public bool TryVerifyBlocks(ActivePiece piece) =>
        piece.Leaves is not null || piece.AreLeavesAsked || Leaves?.Ask(piece, isSuspect: false) == true;

    void IPieceResults.BlocksGood(IReadOnlyCollection<IBlockSource> senders)
    {
        foreach (IBlockSource sender in senders)
            sender.EndProbation();
    }

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

    void IPieceResults.PieceGood(PieceFinisher finisher, BlockFingerprints? prints)
    {
        if (!Active.TryComplete(finisher.Piece, out bool isComplete))
            return;
        int index = finisher.Piece.Index;
        if (Leaves is not null)
        {
            foreach (IBlockSource sender in finisher.Piece.Senders)
            {
                sender.EndProbation();
                if (!sender.IsClosed)
                    LazyInitializer.EnsureInitialized(ref _proven).TryAdd(sender, true);
            }
        }

        if (prints is not null)
            _events.PoisonersFound(_suspects?.Resolve(index, prints) ?? []);
        _events.PieceVerified(index, isComplete);
        _copier?.Add(Selection.EqualTo(index));
    }

    void IPieceResults.PieceBad(PieceFinisher finisher, BlockFingerprints prints)
    {
        if (!Active.GiveUp(finisher.Piece) || StopIfContradictory())
            return;
        NoteFailure(finisher.Piece.Index, prints);
        _events.PieceFailed(finisher.Piece, prints.Senders);
    }

    void IPieceResults.BlocksDropped(PieceFinisher finisher, long bytes, BlockFingerprints? prints)
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
        // A torrent that is about to stop loses only these blocks.
        if (Active.GiveUp(finisher.Piece, onDisk) && Active.IsOpen)
            _events.StorageFailed(error.Error);
    }

    void IPieceResults.PieceFaulted(PieceFinisher finisher, Exception fault)
    {
        Active.GiveUp(finisher.Piece);
        _events.Faulted(fault);
    }

    /// <summary>Called when a piece has been copied from an equal one, or could not be.</summary>
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
        // Nothing was received in vain, but the piece may now be requested.
        _events.BlocksDropped(0, areOfThisRun: true);
    }

    /// <summary>
    /// Stops a hybrid torrent whose halves describe different content: its pieces fail whoever sends them, and no peer is to
    /// blame.
    /// </summary>
    private bool StopIfContradictory()
    {
        if (!_verifier.IsContradictory)
            return false;
        if (!_isStopped)
            _events.StorageFailed(HostErrors.Contradictory(_metainfo.Name));
        _isStopped = true;
        return true;
    }

    private void NoteFailure(int piece, BlockFingerprints prints)
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
