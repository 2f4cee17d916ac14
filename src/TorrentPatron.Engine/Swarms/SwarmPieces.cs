using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
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

    /// <summary>Time without any block after which a bad piece may come again from whoever sent what was dropped of it.</summary>
    private static readonly TimeSpan Shunning = TimeSpan.FromSeconds(10);

    private readonly TorrentMetainfo _metainfo;
    private readonly PieceVerifier _verifier;
    private readonly PieceDisk _disk;
    private readonly SuspectPieces _suspects = new();
    private readonly HeldBytes _held;
    private readonly TimeProvider _time;
    private readonly ISwarmEvents _events;

    /// <summary>Makes it; nothing is asked for before <see cref="Open"/>.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="storage">Its files.</param>
    /// <param name="engine">What all torrents share.</param>
    /// <param name="events">Is told of pieces.</param>
    public SwarmPieces(TorrentMetainfo metainfo, TorrentStorage storage, EngineResources engine, ISwarmEvents events)
    {
        _metainfo = metainfo;
        _verifier = PieceVerifier.For(metainfo);
        _disk = new PieceDisk(storage, engine.DiskWorkers, metainfo.InfoHash.GetHashCode(), engine.BackPressure);
        _held = engine.Held;
        _time = engine.Time;
        _events = events;
        Selection = new PieceSelection(metainfo, engine.Random);
        Active = new ActivePieces(Selection, Begin) { IsHeldUp = () => IsHeldUp };
    }

    /// <summary>Which pieces are here, wanted and had by peers.</summary>
    public PieceSelection Selection { get; }

    /// <summary>The pieces in flight and those put aside.</summary>
    public ActivePieces Active { get; }

    /// <summary>Pieces whose hash was wrong on arrival. Written by the torrent's disk thread alone.</summary>
    public int FailedCount { get; private set; }

    /// <summary>Whether something waits to be written because another program holds a file.</summary>
    public bool IsHeldUp => _disk.IsHeldUp;

    /// <summary>Wants other files than before. What is in flight of those no longer wanted still comes in.</summary>
    /// <param name="priorities">Priority of each file.</param>
    /// <param name="peers">Those who are connected.</param>
    public void SetPriorities(IReadOnlyList<FilePriority> priorities, IEnumerable<IBlockSource> peers) =>
        Selection.SetPriorities(PiecePriorities.Of(_metainfo, priorities), peers);

    /// <summary>
    /// Lets pieces be asked for, or has all that are in flight put aside, with their blocks written: that is done when the disk threads
    /// have been drained.
    /// </summary>
    public void Open(bool open)
    {
        if (open)
        {
            Active.Open();
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
    public void PeerLeft(IBlockSource peer) => Selection.SourceLeft(peer);

    /// <summary>Does what is due; called about once a second.</summary>
    public void Tick() => Active.Forgive(Instant.Now(_time), Shunning);

    /// <summary>Blocks have been added: they go to be hashed and written.</summary>
    /// <param name="pieces">The pieces to which they have been added.</param>
    /// <param name="bytesToHash">Bytes that can be hashed now and could not before.</param>
    public void BlocksAdded(IReadOnlyList<ActivePiece> pieces, long bytesToHash)
    {
        _disk.BlocksAdded(pieces, bytesToHash);
        if (_held.IsTooMuch)
            Active.WithMostHeld()?.Finisher.WriteOut();
    }

    bool IPieceResults.IsSuspect(int piece) => _suspects.Contains(piece);

    void IPieceResults.PieceGood(PieceFinisher finisher, BlockPrints? prints)
    {
        if (!Active.TryComplete(finisher.Piece, out bool isComplete))
            return;
        int index = finisher.Piece.Index;
        if (prints is not null)
            _events.PoisonersFound(_suspects.Resolve(index, prints));
        _events.PieceVerified(index, isComplete);
    }

    void IPieceResults.PieceBad(PieceFinisher finisher, BlockPrints prints)
    {
        if (!Active.GiveUp(finisher.Piece))
            return;
        NoteFailure(finisher.Piece.Index, prints);
        _events.PieceFailed(finisher.Piece, prints.Senders);
    }

    void IPieceResults.BlocksDropped(PieceFinisher finisher, long bytes, BlockPrints? prints)
    {
        if (!Active.Mend(finisher.Piece, Instant.Now(_time)))
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

    private void NoteFailure(int piece, BlockPrints prints)
    {
        _suspects.Add(piece, prints);
        FailedCount++;
        EngineEvents.Log.PieceFailed(_metainfo.TorrentId, piece, prints.Senders.Select(static source => source.EndPoint));
    }

    private ActivePiece Begin(int index, Bitfield? onDisk)
    {
        var piece = new ActivePiece(index, _metainfo.PieceSize(index), _held, onDisk) { BegunAt = Instant.Now(_time) };
        piece.Finisher = new PieceFinisher(piece, _verifier, (long)index * _metainfo.PieceLength, _disk, this);
        return piece;
    }
}
