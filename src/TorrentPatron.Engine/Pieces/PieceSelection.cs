using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// Which pieces of a torrent are here and which are wanted, which of them each source has, and which is begun next. Thread-safe: its lock is a
/// leaf, and it is taken for a piece or for what a source says it has, never for a block.
/// </summary>
internal sealed class PieceSelection
{
    private readonly TorrentMetainfo _metainfo;
    private readonly Lock _gate = new();
    private readonly PiecePicker _picker;
    private readonly Bitfield _verified;
    private readonly EqualPieces? _equal;

    /// <summary>Where no two pieces are equal, none is ever held.</summary>
    private static readonly HashSet<int> NoPieces = [];

    /// <summary>Pieces that nobody is asked for, since an equal one is here or comes.</summary>
    private readonly HashSet<int> _held;
    private Bitfield? _none;
    private long _wantedBytes;

    /// <summary>Bytes of the wanted pieces that are not here, and of all pieces that are not.</summary>
    private long _leftBytes;
    private long _missingBytes;

    /// <summary>Makes it: every piece is wanted, and none is here.</summary>
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

    /// <summary>How many of the pieces are here.</summary>
    public PieceProgress Progress
    {
        get
        {
            lock (_gate)
                return new PieceProgress(_wantedBytes, _wantedBytes - _leftBytes, _verified.Count);
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

    /// <summary>Bytes of all pieces that are not here, wanted or not.</summary>
    public long MissingBytes
    {
        get
        {
            lock (_gate)
                return _missingBytes;
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

    /// <summary>Whether a piece is here. A glance, without the lock: what is here stays.</summary>
    public bool Has(int piece) => _verified[piece];

    /// <summary>A copy of the field of pieces that are here.</summary>
    public Bitfield Verified()
    {
        lock (_gate)
            return _verified.Clone();
    }

    /// <summary>Wants other pieces than before. A piece that is begun stays so.</summary>
    /// <param name="priorities">Priority of each piece; 0: it is not wanted.</param>
    /// <param name="sources">The sources: what they have may be of interest now, or no longer.</param>
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

    /// <summary>Takes what resume data or a check has found; no piece is begun any more.</summary>
    /// <param name="verified">The pieces that are here.</param>
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

    /// <summary>Begins the piece to fetch next from a source.</summary>
    /// <returns>Index of the piece; -1 where it has none that is wanted and not begun.</returns>
    public int Pick(IBlockSource source)
    {
        lock (_gate)
            return _picker.Pick(PiecesOf(source.Availability), source.Suggested);
    }

    /// <summary>Begins the piece from which on a source gives a long run; see <see cref="PiecePicker.PickRun"/>.</summary>
    /// <param name="source">The source.</param>
    /// <param name="next">The piece with which it would go on from where it was; below 0: none.</param>
    /// <returns>Index of the piece; -1 where it has none that is wanted and not begun.</returns>
    public int PickRun(IBlockSource source, int next)
    {
        lock (_gate)
            return _picker.PickRun(PiecesOf(source.Availability), next);
    }

    /// <summary>Begins the piece behind another one, where it is wanted as much, and not begun.</summary>
    /// <returns>Index of the piece; -1 where the source is not to be asked for it.</returns>
    public int PickBehind(IBlockSource source, int piece)
    {
        lock (_gate)
            return _picker.PickBehind(piece, PiecesOf(source.Availability));
    }

    /// <summary>Begins a certain piece.</summary>
    /// <returns>False where it is begun already, here, or not wanted.</returns>
    public bool TryPick(int piece)
    {
        lock (_gate)
            return _picker.TryPick(piece);
    }

    /// <summary>A piece that was begun has been given up: it may be begun again.</summary>
    public void Return(int piece)
    {
        lock (_gate)
            _picker.Return(piece);
    }

    /// <summary>A piece is here.</summary>
    /// <returns>Whether every wanted piece is here now.</returns>
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

    /// <summary>Whether there are files that are equal.</summary>
    public bool HasEqual => _equal is not null;

    /// <summary>Chooses which of several equal pieces is fetched, unless one is here already; the others wait for it. Replaces earlier choices.</summary>
    /// <returns>The pieces that can be made of those that are here.</returns>
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

    /// <summary>The pieces that can be made of one that is here now; nobody is asked for them any more.</summary>
    public IReadOnlyList<(int From, int To)> EqualTo(int piece)
    {
        if (_equal is null)
            return [];
        lock (_gate)
            return [.. _equal.To(piece).Where(other => _held.Contains(other) || (_picker.TryPick(other) && _held.Add(other))).Select(other => (piece, other))];
    }

    /// <summary>A piece could not be made of an equal one: it may be asked for.</summary>
    public void ReleaseEqual(int piece)
    {
        lock (_gate)
        {
            if (_held.Remove(piece))
                _picker.Return(piece);
        }
    }

    /// <summary>Pieces for which others wait may be such as nobody has: then one of those is asked for that somebody has. Called now and then.</summary>
    /// <returns>Whether any may be asked for now that might not before.</returns>
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

    /// <summary>The pieces that a source has, null: all of them. Single pieces may be looked at without the lock, now or a little later.</summary>
    public Bitfield? PiecesOf(IBlockSource source)
    {
        lock (_gate)
            return PiecesOf(source.Availability);
    }

    /// <summary>Whether a source has something that we want.</summary>
    public bool IsInteresting(IBlockSource source)
    {
        lock (_gate)
            return source.Availability.IsCountedWhole ? _picker.WantedLeft > 0 : source.Availability.Interesting > 0;
    }

    /// <summary>Notes that a piece which is here is a want of a source's no longer.</summary>
    /// <returns>Whether the source has just ceased to be of interest.</returns>
    public bool NoLongerWanted(IBlockSource source, int piece)
    {
        BlockAvailability availability = source.Availability;
        lock (_gate)
        {
            if (availability.IsCountedWhole)
                return _picker.WantedLeft == 0;
            if (availability.Pieces is not { } pieces || !pieces[piece] || --availability.Interesting > 0)
                return false;

            // The piece was verified before this: if the source told of it in between, it was not counted as a want at all.
            availability.Interesting = _picker.CountWantedFor(pieces);
            return availability.Interesting == 0;
        }
    }

    /// <summary>A source has told its pieces, for the first time or again: that adds to what is known.</summary>
    /// <param name="source">The source.</param>
    /// <param name="pieces">The pieces; null means all.</param>
    public void SourceHas(IBlockSource source, Bitfield? pieces)
    {
        BlockAvailability availability = source.Availability;
        lock (_gate)
        {
            // A source that is closed beside this has left, or will: what it says must not be counted after that.
            if (source.IsClosed || availability.IsSeed)
                return;
            if (pieces is null && !availability.HasTakenBack)
            {
                BecomeSeed(availability);
            }
            else if (availability.Pieces is { } known)
            {
                // BEP 3 knows a bitfield as the first message only, but aria2 sends one in place of many haves.
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

    /// <summary>A source has a piece no longer.</summary>
    public void SourceLost(IBlockSource source, int piece)
    {
        BlockAvailability availability = source.Availability;
        lock (_gate)
        {
            if (source.IsClosed)
                return;
            // Once for a source, however often it takes pieces back and has them again: this goes through all of them.
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

    /// <summary>A source has gone.</summary>
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
