using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// A torrent's verified and wanted pieces, the pieces of each source, and the choice of the next piece. Thread-safe: its lock is
/// a leaf, and is taken per piece or per availability message, never per block.
/// </summary>
internal sealed class PieceSelection
{
    private readonly TorrentMetainfo _metainfo;
    private readonly Lock _gate = new();
    private readonly PiecePicker _picker;
    private readonly Bitfield _verified;
    private readonly EqualPieces? _equal;

    /// <summary>Shared by torrents without equal pieces.</summary>
    private static readonly HashSet<int> NoPieces = [];

    /// <summary>Pieces that are not requested, because an equal one is verified or on its way.</summary>
    private readonly HashSet<int> _held;
    private Bitfield? _none;
    private long _wantedBytes;

    /// <summary>Bytes of the missing wanted pieces, and of all missing pieces.</summary>
    private long _leftBytes;
    private long _missingBytes;

    /// <summary>Creates the selection: every piece is wanted, none is verified.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="random">Breaks ties.</param>
    public PieceSelection(TorrentMetainfo metainfo, Random random)
    {
        _metainfo = metainfo;
        _picker = new PiecePicker(metainfo.PieceCount, random);
        _verified = new Bitfield(metainfo.PieceCount);
        _equal = EqualPieces.Of(metainfo);
        _held = _equal is null ? NoPieces : [];
        // The gaps between the files of a v2 torrent are in none of its pieces.
        _wantedBytes = _leftBytes = _missingBytes = metainfo.Version == MetainfoVersion.V2 ? metainfo.ContentSize : metainfo.TotalSize;
    }

    /// <summary>The count of verified pieces.</summary>
    public PieceProgress Progress
    {
        get
        {
            lock (_gate)
                return new PieceProgress(_wantedBytes, _wantedBytes - _leftBytes, _verified.Count);
        }
    }

    /// <summary>Whether every wanted piece is verified.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_gate)
                return _picker.WantedLeft == 0;
        }
    }

    /// <summary>Bytes of all missing pieces, wanted or not.</summary>
    public long MissingBytes
    {
        get
        {
            lock (_gate)
                return _missingBytes;
        }
    }

    /// <summary>Whether pieces are downloaded in order.</summary>
    public bool Sequential
    {
        set
        {
            lock (_gate)
                _picker.Sequential = value;
        }
    }

    /// <summary>Whether a piece is verified. Without the lock: verified pieces stay verified.</summary>
    public bool Has(int piece) => _verified[piece];

    /// <summary>A copy of the verified pieces.</summary>
    public Bitfield Verified()
    {
        lock (_gate)
            return _verified.Clone();
    }

    /// <summary>Changes the priorities. A started piece stays started.</summary>
    /// <param name="priorities">The priority of each piece; 0 means not wanted.</param>
    /// <param name="sources">The sources, whose interest is updated.</param>
    public void SetPriorities(ReadOnlySpan<byte> priorities, IEnumerable<IBlockSource> sources)
    {
        lock (_gate)
        {
            _wantedBytes = _leftBytes = 0;
            for (int piece = 0; piece < priorities.Length; piece++)
            {
                _picker.SetPriority(piece, priorities[piece]);
                if (priorities[piece] == 0)
                    continue;
                int size = _metainfo.PieceSize(piece);
                _wantedBytes += size;
                if (_picker.IsWanted(piece))
                    _leftBytes += size;
            }

            foreach (IBlockSource source in sources)
            {
                if (source.Availability.Pieces is { } pieces)
                    source.Availability.Interesting = _picker.CountWantedFor(pieces);
            }
        }
    }

    /// <summary>Takes the result of resume data or a check; no piece is started then.</summary>
    /// <param name="verified">The verified pieces.</param>
    public void Reset(Bitfield verified)
    {
        lock (_gate)
        {
            _leftBytes = _missingBytes = 0;
            _held.Clear();
            for (int piece = 0; piece < _metainfo.PieceCount; piece++)
            {
                _picker.Return(piece);
                if (verified[piece])
                {
                    _verified.Set(piece);
                    _picker.Verified(piece);
                }
                else
                {
                    _verified.Clear(piece);
                    _picker.Unverified(piece);
                    int size = _metainfo.PieceSize(piece);
                    _missingBytes += size;
                    if (_picker.IsWanted(piece))
                        _leftBytes += size;
                }
            }
        }
    }

    /// <summary>Starts the next piece to download from a source.</summary>
    /// <returns>The piece's index; -1 if the source has no wanted piece that is not started.</returns>
    public int Pick(IBlockSource source)
    {
        lock (_gate)
            return _picker.Pick(PiecesOf(source.Availability), source.Suggested);
    }

    /// <summary>Starts the first piece of a long run from a source; see <see cref="PiecePicker.PickRun"/>.</summary>
    /// <param name="source">The source.</param>
    /// <param name="next">The piece that continues its previous run; below 0 means none.</param>
    /// <returns>The piece's index; -1 if the source has no wanted piece that is not started.</returns>
    public int PickRun(IBlockSource source, int next)
    {
        lock (_gate)
            return _picker.PickRun(PiecesOf(source.Availability), next);
    }

    /// <summary>Starts the piece after another one, if it has the same priority and is not started.</summary>
    /// <returns>The piece's index; -1 if it cannot be requested from the source.</returns>
    public int PickBehind(IBlockSource source, int piece)
    {
        lock (_gate)
            return _picker.PickBehind(piece, PiecesOf(source.Availability));
    }

    /// <summary>Starts a particular piece.</summary>
    /// <returns>False if it is started, verified, or not wanted.</returns>
    public bool TryPick(int piece)
    {
        lock (_gate)
            return _picker.TryPick(piece);
    }

    /// <summary>Frees a started piece that has been abandoned.</summary>
    public void Return(int piece)
    {
        lock (_gate)
            _picker.Return(piece);
    }

    /// <summary>Marks a piece as verified.</summary>
    /// <returns>Whether every wanted piece is now verified.</returns>
    public bool SetVerified(int piece)
    {
        lock (_gate)
        {
            if (_verified.Set(piece))
            {
                int size = _metainfo.PieceSize(piece);
                _missingBytes -= size;
                if (_picker.IsWanted(piece))
                    _leftBytes -= size;
            }

            _held.Remove(piece);
            _picker.Verified(piece);
            return _picker.WantedLeft == 0;
        }
    }

    /// <summary>Whether the torrent has equal files.</summary>
    public bool HasEqual => _equal is not null;

    /// <summary>
    /// Chooses which of several equal pieces is downloaded, unless one is verified already; the others wait for it. Replaces
    /// earlier choices.
    /// </summary>
    /// <returns>The pieces that can be copied from verified ones.</returns>
    public IReadOnlyList<(int From, int To)> HoldEqual()
    {
        var copies = new List<(int, int)>();
        lock (_gate)
        {
            foreach (int held in _held)
                _picker.Return(held);
            _held.Clear();
            foreach (EqualPieces.Files files in _equal?.Groups ?? [])
            {
                for (int i = 0; i < files.Count; i++)
                {
                    int source = Find(files, i, piece => _verified[piece]) ?? Find(files, i, _picker.IsWanted) ?? -1;
                    foreach (int first in files.First)
                    {
                        int piece = first + i;
                        if (source < 0 || piece == source || !_picker.TryPick(piece))
                            continue;
                        _held.Add(piece);
                        if (_verified[source])
                            copies.Add((source, piece));
                    }
                }
            }
        }

        return copies;
    }

    /// <summary>The pieces that can be copied from a newly verified one; they are no longer requested.</summary>
    public IReadOnlyList<(int From, int To)> EqualTo(int piece)
    {
        if (_equal is null)
            return [];
        lock (_gate)
            return [.. _equal.To(piece).Where(other => _held.Contains(other) || (_picker.TryPick(other) && _held.Add(other))).Select(other => (piece, other))];
    }

    /// <summary>Allows requesting a piece that could not be copied from an equal one.</summary>
    public void ReleaseEqual(int piece)
    {
        lock (_gate)
        {
            if (_held.Remove(piece))
                _picker.Return(piece);
        }
    }

    /// <summary>
    /// Handles pieces that others wait for but that no source has: another equal piece is then requested. Called now and then.
    /// </summary>
    /// <returns>Whether more pieces may be requested than before.</returns>
    public bool ReleaseUnavailable()
    {
        bool isAny = false;
        lock (_gate)
        {
            if (_held.Count == 0)
                return false;
            foreach (EqualPieces.Files files in _equal!.Groups)
            {
                for (int i = 0; i < files.Count; i++)
                {
                    if (Find(files, i, piece => _verified[piece] || (_picker.IsWanted(piece) && !_held.Contains(piece) && _picker.Availability(piece) > 0)) is null
                        && Find(files, i, piece => _held.Contains(piece) && _picker.Availability(piece) > 0) is { } found)
                    {
                        _held.Remove(found);
                        _picker.Return(found);
                        isAny = true;
                    }
                }
            }
        }

        return isAny;
    }

    private static int? Find(EqualPieces.Files files, int piece, Predicate<int> isSuch)
    {
        foreach (int first in files.First)
        {
            if (isSuch(first + piece))
                return first + piece;
        }

        return null;
    }

    /// <summary>Whether <see cref="Pick"/> would find a piece.</summary>
    public bool HasFreeFor(IBlockSource source)
    {
        lock (_gate)
            return _picker.HasFreeFor(PiecesOf(source.Availability));
    }

    /// <summary>A source's pieces; null means all. Single pieces may be read without the lock, now or a little later.</summary>
    public Bitfield? PiecesOf(IBlockSource source)
    {
        lock (_gate)
            return PiecesOf(source.Availability);
    }

    /// <summary>Whether a source has a piece that we want.</summary>
    public bool IsInteresting(IBlockSource source)
    {
        lock (_gate)
            return source.Availability.IsCountedWhole ? _picker.WantedLeft > 0 : source.Availability.Interesting > 0;
    }

    /// <summary>Updates a source's interest after a piece was verified.</summary>
    /// <returns>Whether the source has just become uninteresting.</returns>
    public bool NoLongerWanted(IBlockSource source, int piece)
    {
        BlockAvailability availability = source.Availability;
        lock (_gate)
        {
            if (availability.IsCountedWhole)
                return _picker.WantedLeft == 0;
            if (availability.Pieces is not { } pieces || !pieces[piece] || --availability.Interesting > 0)
                return false;

            // The piece was verified before this: if the source announced it in between, it was never counted as wanted.
            availability.Interesting = _picker.CountWantedFor(pieces);
            return availability.Interesting == 0;
        }
    }

    /// <summary>A source has announced its pieces, for the first time or again: that adds to the known ones.</summary>
    /// <param name="source">The source.</param>
    /// <param name="pieces">The pieces; null means all.</param>
    public void SourceHas(IBlockSource source, Bitfield? pieces)
    {
        BlockAvailability availability = source.Availability;
        lock (_gate)
        {
            // A source that is being closed has left, or will: its messages must not be counted after that.
            if (source.IsClosed || availability.IsSeed)
                return;
            if (pieces is null && !availability.HasTakenBack)
            {
                BecomeSeed(availability);
            }
            else if (availability.Pieces is { } known)
            {
                // BEP 3 allows a bitfield only as the first message, but aria2 sends one instead of many haves.
                for (int piece = 0; piece < known.Length; piece++)
                {
                    if (pieces?[piece] != false)
                        AddPiece(availability, known, piece);
                }
            }
            else if (pieces is not null)
            {
                availability.Pieces = pieces;
                _picker.AddPeer(pieces);
                availability.Interesting = _picker.CountWantedFor(pieces);
            }
        }
    }

    /// <summary>A source has one more piece.</summary>
    public void SourceHas(IBlockSource source, int piece)
    {
        BlockAvailability availability = source.Availability;
        lock (_gate)
        {
            if (!availability.IsSeed && !source.IsClosed)
                AddPiece(availability, availability.Pieces ??= new Bitfield(_metainfo.PieceCount), piece);
        }
    }

    /// <summary>A source no longer has a piece.</summary>
    public void SourceLost(IBlockSource source, int piece)
    {
        BlockAvailability availability = source.Availability;
        lock (_gate)
        {
            if (source.IsClosed)
                return;
            // Only once per source, however often it withdraws and regains pieces, because this goes through all of them.
            if (availability.IsCountedWhole)
            {
                _picker.RemoveSeed();
                var all = new Bitfield(_metainfo.PieceCount);
                all.SetAll();
                _picker.AddPeer(all);
                (availability.HasTakenBack, availability.Pieces, availability.Interesting) = (true, all, _picker.CountWantedFor(all));
            }

            if (availability.Pieces?.Clear(piece) != true)
                return;
            availability.IsSeed = false;
            _picker.LostHave(piece);
            if (_picker.IsWanted(piece))
                availability.Interesting--;
        }
    }

    /// <summary>A source has left.</summary>
    public void SourceLeft(IBlockSource source)
    {
        BlockAvailability availability = source.Availability;
        lock (_gate)
        {
            if (availability.IsCountedWhole)
                _picker.RemoveSeed();
            else if (availability.Pieces is { } pieces)
                _picker.RemovePeer(pieces);
            (availability.IsSeed, availability.Pieces) = (false, null);
        }
    }

    private void AddPiece(BlockAvailability availability, Bitfield known, int piece)
    {
        if (!known.Set(piece))
            return;
        _picker.Have(piece);
        if (_picker.IsWanted(piece))
            availability.Interesting++;
        if (!known.IsFull)
            return;
        if (availability.HasTakenBack)
            availability.IsSeed = true;
        else
            BecomeSeed(availability);
    }

    private void BecomeSeed(BlockAvailability availability)
    {
        if (availability.Pieces is { } pieces)
            _picker.RemovePeer(pieces);
        _picker.AddSeed();
        (availability.IsSeed, availability.Pieces) = (true, null);
    }

    private Bitfield? PiecesOf(BlockAvailability availability) => availability.IsSeed ? null
        : availability.Pieces ?? (_none ??= new Bitfield(_metainfo.PieceCount));
}
