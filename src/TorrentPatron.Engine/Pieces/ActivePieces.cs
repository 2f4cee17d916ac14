using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Pieces;

/// <summary>Starts a piece.</summary>
/// <param name="index">The piece's index.</param>
/// <param name="onDisk">Its unverified blocks on disk; null means none.</param>
/// <returns>The piece, with its finisher.</returns>
internal delegate ActivePiece PieceBeginning(int index, Bitfield? onDisk);

/// <summary>
/// The pieces in flight, and those set aside with some blocks on disk. Chooses the blocks to request from a source: from a piece
/// set aside, a new one, one that another source has started or, when all are requested, blocks that others owe. Thread-safe: its
/// lock is taken per piece, never per block, and is held while a piece's lock or the selection's is taken.
/// </summary>
/// <param name="selection">The wanted pieces and their availability.</param>
/// <param name="begin">Creates a piece in flight. Called with the lock held.</param>
internal sealed class ActivePieces(PieceSelection selection, PieceBeginning begin)
{
    /// <summary>Bytes of pieces in flight above which a source joins a piece that another has started.</summary>
    public const long MostBytes = 64L << 20;

    /// <summary>Bytes of pieces in flight above which no run continues into another piece, so that peers have room too.</summary>
    public const long MostBytesOfRuns = MostBytes / 2;

    /// <summary>Open requests below which a source takes part in the end game, and the most it takes at once.</summary>
    public const int EndGameRequests = 8;

    private readonly Lock _gate = new();

    /// <summary>The empty collections of a torrent that downloads nothing, as most do; never written to.</summary>
    private static readonly (Dictionary<int, ActivePiece> Active, Dictionary<int, Bitfield> Unfinished) None = ([], []);

    private Dictionary<int, ActivePiece> _active = None.Active;

    /// <summary>
    /// The failed pieces in flight that are being repaired: the blocks received, and since when; null until there is one.
    /// </summary>
    private Dictionary<ActivePiece, (int Received, Instant Since)>? _mended;

    /// <summary>The blocks on disk of pieces that are neither verified nor in flight.</summary>
    private Dictionary<int, Bitfield> _unfinished = None.Unfinished;
    private long _bytes;
    private volatile bool _isOpen;

    /// <summary>Returns whether received data is waiting to be written: then no more is started than there is room for.</summary>
    public Func<bool> IsHeldUp { get; init; } = static () => false;

    /// <summary>Whether pieces may be requested.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>Allows requesting pieces.</summary>
    public void Open() => _isOpen = true;

    /// <summary>Stops starting pieces.</summary>
    /// <returns>The pieces in flight, which are to be set aside.</returns>
    public ActivePiece[] Close()
    {
        lock (_gate)
        {
            _isOpen = false;
            return [.. _active.Values];
        }
    }

    /// <summary>Takes the result of resume data or a check; nothing is in flight then.</summary>
    /// <param name="verified">The verified pieces; <see cref="PieceSelection"/> is told separately.</param>
    /// <param name="unfinished">The pieces with some blocks on disk; null keeps those set aside, except verified ones.</param>
    public void Reset(Bitfield verified, IEnumerable<UnfinishedPiece>? unfinished)
    {
        lock (_gate)
        {
            _active.Clear();
            _mended = null;
            _bytes = 0;
            if (unfinished is not null)
            {
                _unfinished.Clear();
                foreach (UnfinishedPiece piece in unfinished)
                    PutAside(piece.Piece, piece.Blocks);
            }

            foreach (int piece in _unfinished.Keys)
            {
                if (verified[piece])
                    _unfinished.Remove(piece);
            }

            selection.Reset(verified);
        }
    }

    /// <summary>The pieces with some blocks on disk, whether in flight or set aside. Blocks in memory are not included.</summary>
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

    /// <summary>The pieces started by the given time.</summary>
    public ActivePiece[] BegunUntil(Instant time)
    {
        lock (_gate)
            return [.. _active.Values.Where(piece => piece.BegunAt <= time)];
    }

    /// <summary>The piece that holds most in memory after a missing block; null if none holds any.</summary>
    public ActivePiece? WithMostHeld()
    {
        lock (_gate)
            return _active.Values.MaxBy(piece => piece.Held) is { Held: > 0 } most ? most : null;
    }

    /// <summary>Reserves blocks to request from a source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="current">
    /// The piece that it is downloading; null means none. It belongs to the caller, whose lock guards it.
    /// </param>
    /// <param name="into">Receives the blocks; its length is the number wanted.</param>
    /// <returns>The number of blocks reserved.</returns>
    public int Reserve(IBlockSource source, ref ActivePiece? current, Span<PendingBlock> into)
    {
        int taken = 0;
        if (current is not null && source.MayRequest(current.Index) && current.MayCome(source))
            taken = current.ReserveFree(into, source);
        if (taken == into.Length)
            return taken;

        List<ActivePiece>? takenUp = null;
        lock (_gate)
        {
            while (taken < into.Length && _isOpen && Next(source, ref takenUp) is { } piece)
            {
                current = piece;
                int reserved = piece.ReserveFree(into[taken..], source);
                if (reserved == 0)
                    break;
                taken += reserved;
            }

            if (taken == 0 && _isOpen && source.Requested < EndGameRequests)
                taken = ReserveInEndGame(source, into[..Math.Min(into.Length, EndGameRequests)]);
        }

        // Blocks on disk are read back while the rest is being downloaded.
        takenUp?.ForEach(static piece => piece.Finisher.Post());
        return taken;
    }

    /// <summary>Reserves consecutive blocks, across pieces, to request all of them from a source at once.</summary>
    /// <param name="source">The source, one that gives long runs: a web seed.</param>
    /// <param name="next">The piece that continues its previous run; below 0 means none.</param>
    /// <param name="most">Bytes after which no more is reserved.</param>
    /// <param name="into">Receives the blocks.</param>
    /// <returns>Bytes reserved; 0 if there is nothing to request from it.</returns>
    public long ReserveRun(IBlockSource source, int next, long most, List<PendingBlock> into)
    {
        List<ActivePiece>? takenUp = null;
        long taken = 0;
        lock (_gate)
        {
            if (_isOpen && FirstOfRun(source, next, ref takenUp) is { } first)
            {
                taken = first.ReserveRun(into, most, source);
                taken += ContinueRun(source, most - taken, into);
            }
        }

        takenUp?.ForEach(static piece => piece.Finisher.Post());
        return taken;
    }

    /// <summary>Reserves the blocks after a run that was reserved before.</summary>
    /// <param name="source">The source.</param>
    /// <param name="last">The last block of the run.</param>
    /// <param name="most">Bytes after which no more is reserved.</param>
    /// <param name="into">Receives the blocks.</param>
    /// <returns>Bytes reserved; 0 if the next block cannot be requested.</returns>
    public long ReserveBehind(IBlockSource source, PendingBlock last, long most, List<PendingBlock> into)
    {
        lock (_gate)
        {
            if (!_isOpen)
                return 0;
            long taken = 0;
            if (last.Block + 1 < last.Piece.BlockCount)
                taken = IsActive(last.Piece) && last.Piece.MayCome(source) ? last.Piece.ReserveRun(into, most, source, from: last.Block + 1) : 0;
            else if (PieceBehind(source, last.Piece.Index) is { } piece)
                taken = piece.ReserveRun(into, most, source, from: 0);
            return taken == 0 ? 0 : taken + ContinueRun(source, most - taken, into);
        }
    }

    /// <summary>End game: reserves consecutive blocks that another source owes.</summary>
    /// <param name="source">The source that will be asked as well.</param>
    /// <param name="most">Bytes after which no more is reserved.</param>
    /// <param name="into">Receives the blocks.</param>
    /// <returns>Bytes reserved.</returns>
    public long ReserveOwedRun(IBlockSource source, long most, List<PendingBlock> into)
    {
        lock (_gate)
        {
            if (!_isOpen || selection.HasFreeFor(source))
                return 0;
            Bitfield? has = selection.PiecesOf(source);
            foreach (ActivePiece piece in _active.Values)
            {
                if (piece.HasSingle && piece.MayCome(source) && IsIn(has, piece.Index) && piece.ReserveOwedRun(into, most, source) is > 0 and var taken)
                    return taken;
            }

            return 0;
        }
    }

    /// <summary>Releases blocks that the source will not deliver.</summary>
    /// <returns>
    /// Whether any of them may be requested from another source now: not if it is received, or another source owes it.
    /// </returns>
    public bool Release(IBlockSource source, ReadOnlySpan<PendingBlock> blocks)
    {
        bool isAnyFree = false;
        foreach (PendingBlock block in blocks)
        {
            bool isUntouched = block.Piece.Release(block.Block, source, out bool isFree);
            isAnyFree |= isFree;
            if (!isUntouched)
                continue;
            lock (_gate)
            {
                // Nothing of it is received or requested: it is as if it had never been started.
                if (IsActive(block.Piece) && block.Piece.Retire(onlyIfUntouched: true))
                {
                    Remove(block.Piece);
                    selection.Return(block.Piece.Index);
                }
            }
        }

        return isAnyFree;
    }

    /// <summary>
    /// Repairs a failed piece in flight, some of whose blocks are free again: they are requested before all others, so that the
    /// sender of wrong ones is found soon.
    /// </summary>
    /// <param name="piece">The piece.</param>
    /// <param name="now">The time.</param>
    /// <returns>False if it was not in flight.</returns>
    public bool Mend(ActivePiece piece, Instant now)
    {
        lock (_gate)
        {
            if (!IsActive(piece))
                return false;
            (_mended ??= [])[piece] = (piece.Received, now);
            return true;
        }
    }

    /// <summary>Allows shunned sources again for failed pieces without progress. Called now and then.</summary>
    /// <param name="now">The time.</param>
    /// <param name="patience">The time without progress.</param>
    public void Forgive(Instant now, TimeSpan patience)
    {
        lock (_gate)
        {
            foreach ((ActivePiece piece, (int received, Instant since)) in _mended?.ToArray() ?? [])
            {
                if (piece.Received != received)
                    _mended![piece] = (piece.Received, now);
                else if (now - since >= patience)
                    piece.Forgive();
            }
        }
    }

    /// <summary>Completes a piece in flight that is verified and written.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="isComplete">Whether every wanted piece is now verified.</param>
    /// <returns>False if it was not in flight.</returns>
    public bool TryComplete(ActivePiece piece, out bool isComplete)
    {
        lock (_gate)
        {
            isComplete = false;
            if (!IsActive(piece))
                return false;
            Remove(piece);
            isComplete = selection.SetVerified(piece.Index);
            return true;
        }
    }

    /// <summary>Completes a piece that was not in flight.</summary>
    /// <returns>Whether every wanted piece is now verified.</returns>
    public bool Complete(int piece)
    {
        lock (_gate)
        {
            _unfinished.Remove(piece);
            return selection.SetVerified(piece);
        }
    }

    /// <summary>Frees a piece in flight.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="onDisk">Its blocks that stay on disk; null means none.</param>
    /// <returns>False if it was not in flight.</returns>
    public bool GiveUp(ActivePiece piece, Bitfield? onDisk = null)
    {
        lock (_gate)
        {
            if (!IsActive(piece))
                return false;
            Remove(piece);
            if (onDisk is not null)
                PutAside(piece.Index, onDisk);
            selection.Return(piece.Index);
            return true;
        }
    }

    private ActivePiece? Next(IBlockSource source, ref List<ActivePiece>? takenUp)
    {
        if (source.IsChoking)
            return NextAllowedFast(source, ref takenUp);

        if (_mended is { Count: > 0 } && FindFree(_mended.Keys, source) is { } mended)
            return mended;
        if (_bytes < MostBytes)
        {
            int index = PickUnfinished(source);
            if (index < 0)
                index = selection.Pick(source);
            if (index >= 0)
                return Begin(index, ref takenUp);
        }

        if (FindFree(_active.Values, source) is { } begun)
            return begun;

        if (_bytes >= MostBytes && source.Requested == 0 && !IsHeldUp())
        {
            // All room is taken by pieces that this source does not have: start one more, or the source would be idle.
            int index = selection.Pick(source);
            if (index >= 0)
                return Begin(index, ref takenUp);
        }

        return null;
    }

    /// <summary>The first piece of a run.</summary>
    private ActivePiece? FirstOfRun(IBlockSource source, int next, ref List<ActivePiece>? takenUp)
    {
        if (_mended is { Count: > 0 } && FindFree(_mended.Keys, source) is { } mended)
            return mended;
        if (_active.TryGetValue(next, out ActivePiece? current) && current.HasFree && current.MayCome(source) && IsIn(selection.PiecesOf(source), next))
            return current;
        if (_bytes < MostBytes)
        {
            int index = PickUnfinished(source);
            if (index < 0)
                index = selection.PickRun(source, next);
            if (index >= 0)
                return Begin(index, ref takenUp);
        }

        return FindFree(_active.Values, source);
    }

    /// <summary>Extends a run into the following pieces, as long as they are untouched.</summary>
    private long ContinueRun(IBlockSource source, long most, List<PendingBlock> into)
    {
        long taken = 0;
        while (taken < most && into.Count > 0 && into[^1] is var last && last.Block == last.Piece.BlockCount - 1
            && PieceBehind(source, last.Piece.Index) is { } piece)
        {
            taken += piece.ReserveRun(into, most - taken, source, from: 0);
        }

        return taken;
    }

    private ActivePiece? PieceBehind(IBlockSource source, int index)
    {
        // A piece with blocks on disk has a gap in its run, or will have.
        if (_bytes >= MostBytesOfRuns || _unfinished.ContainsKey(index + 1))
            return null;
        List<ActivePiece>? takenUp = null;
        int next = selection.PickBehind(source, index);
        return next < 0 ? null : Begin(next, ref takenUp);
    }

    private ActivePiece? FindFree(IEnumerable<ActivePiece> pieces, IBlockSource source)
    {
        Bitfield? has = selection.PiecesOf(source);
        foreach (ActivePiece piece in pieces)
        {
            if (piece.HasFree && piece.MayCome(source) && IsIn(has, piece.Index))
                return piece;
        }

        return null;
    }

    /// <summary>Takes a piece with some blocks on disk: the sooner it is complete, the sooner it counts.</summary>
    /// <returns>The piece's index; -1 if the source has no wanted one.</returns>
    private int PickUnfinished(IBlockSource source)
    {
        if (_unfinished.Count == 0)
            return -1;
        Bitfield? has = selection.PiecesOf(source);
        foreach (int index in _unfinished.Keys)
        {
            if (IsIn(has, index) && selection.TryPick(index))
                return index;
        }

        return -1;
    }

    private ActivePiece? NextAllowedFast(IBlockSource source, ref List<ActivePiece>? takenUp)
    {
        Bitfield? has = selection.PiecesOf(source);
        foreach (int index in source.AllowedFast)
        {
            if (!IsIn(has, index))
                continue;
            if (_active.TryGetValue(index, out ActivePiece? piece) ? piece.HasFree && piece.MayCome(source) : selection.TryPick(index))
                return piece ?? Begin(index, ref takenUp);
        }

        return null;
    }

    private int ReserveInEndGame(IBlockSource source, Span<PendingBlock> into)
    {
        // A snubbed source would only take the second slot from one that delivers.
        if (source.IsChoking || source.IsSnubbed || selection.HasFreeFor(source))
            return 0;
        Bitfield? has = selection.PiecesOf(source);
        int taken = 0;
        foreach (ActivePiece piece in _active.Values)
        {
            if (taken == into.Length)
                break;
            if (piece.HasSingle && piece.MayCome(source) && IsIn(has, piece.Index))
                taken += piece.ReserveRequested(into[taken..], source);
        }

        return taken;
    }

    private ActivePiece Begin(int index, ref List<ActivePiece>? takenUp)
    {
        _unfinished.Remove(index, out Bitfield? onDisk);
        ActivePiece piece = begin(index, onDisk);
        if (_active == None.Active)
            _active = [];
        _active.Add(index, piece);
        _bytes += piece.Length;
        if (onDisk is not null)
            (takenUp ??= []).Add(piece);
        return piece;
    }

    private void PutAside(int piece, Bitfield blocks)
    {
        if (_unfinished == None.Unfinished)
            _unfinished = [];
        _unfinished[piece] = blocks;
    }

    private bool IsActive(ActivePiece piece) => _active.TryGetValue(piece.Index, out ActivePiece? active) && active == piece;

    private void Remove(ActivePiece piece)
    {
        _active.Remove(piece.Index);
        _mended?.Remove(piece);
        _bytes -= piece.Length;
    }

    private static bool IsIn(Bitfield? has, int piece) => has is null || has[piece];
}
