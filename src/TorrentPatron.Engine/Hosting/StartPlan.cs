using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>What a torrent that starts may believe of what is on disk, and what it must hash first.</summary>
/// <param name="Trusted">Pieces that resume data vouches for.</param>
/// <param name="ToCheck">Pieces that may be there but that nothing vouches for.</param>
/// <param name="Origin">Where the files on disk are from; null: that was not noted.</param>
internal sealed record StartPlan(Bitfield Trusted, Bitfield ToCheck, DataOrigin? Origin)
{
    /// <summary>Whether a file that is to be hashed was there before the torrent, and may turn out to be another.</summary>
    public bool IsDisputed => !ToCheck.IsEmpty && Origin is { } origin && origin.FilesBefore.Count > origin.FilesBefore.CountInBoth(origin.FilesWritten);

    /// <summary>Pieces of which some blocks may be on disk: nothing vouches for those before the piece is whole.</summary>
    public IReadOnlyList<UnfinishedPiece> Unfinished { get; private init; } = [];

    /// <summary>Where the destination leads, with every link followed; null: that was not looked at.</summary>
    public string? RealDestination { get; private init; }

    /// <summary>Looks at the disk, and makes the torrent's place ready. Blocks.</summary>
    /// <param name="storage">The files.</param>
    /// <param name="claim">The claim to their paths.</param>
    /// <param name="data">What was saved; null: nothing.</param>
    /// <param name="recheck">Whether everything is to be hashed.</param>
    /// <param name="choices">Which files are wanted, and how much must stay free.</param>
    /// <exception cref="StorageException">The destination cannot be written, or has too little room; or a path is not the torrent's.</exception>
    /// <param name="isDestinationSaved">Whether the destination is what was saved, and nobody has given it now.</param>
    public static StartPlan Make(
        TorrentStorage storage, PathClaim claim, ResumeData? data, bool recheck, TorrentChoices choices, bool isDestinationSaved)
    {
        string destination = storage.Layout.Destination;
        string realDestination = RealPath.Of(destination);
        if (isDestinationSaved && data?.RealDestination is { } before && data.Destination == destination && before != realDestination)
            throw StorageErrors.LeadsElsewhere(destination, before, realDestination);
        storage.Locate();
        FileLayout layout = storage.Layout;
        IReadOnlyList<FileStamp?> stamps = storage.Stamps();
        // What was saved while only a link was known says nothing of the disk: whatever is there now was there before.
        bool isHere = data is not null && data.Verified.Length == storage.Layout.PieceCount && data.Destination == storage.Layout.Destination;
        storage.BeginApart(isHere ? data!.Apart : null, choices.FilePriorities, stamps);
        Bitfield possible = storage.PossiblePieces(stamps);
        IReadOnlyList<UnfinishedPiece> unfinished = isHere ? storage.PossibleBlocks(data!.Unfinished, stamps) : [];
        bool isKnown = isHere && !recheck;
        DataOrigin? origin = !isHere ? DataOrigin.Look(storage.Layout, stamps)
            : data!.Origin is { } saved && saved.Fits(storage.Layout) ? saved : null;
        StartPlan plan = isKnown
            ? Compare(storage, data!, possible, stamps) with { Origin = origin }
            : new StartPlan(new Bitfield(possible.Length), possible, origin);
        Bitfield believed = isHere ? data!.Verified : plan.Trusted;
        plan.Claim(storage, claim, believed, choices, stamps, isUntouched: data?.ClosedInOrder == true);
        if (!choices.SeedOnly)
            storage.Prepare(isKnown ? plan.Trusted : null, choices.FilePriorities, StampsNow(storage, layout, stamps), choices.MinimumFreeSpace);
        storage.MoveParts();
        return plan with { Unfinished = plan.Continue(unfinished), RealDestination = realDestination };
    }

    /// <summary>Looks at the disk again where the torrent has rested or failed, and makes its place ready. Blocks.</summary>
    /// <param name="storage">The files.</param>
    /// <param name="claim">The claim to their paths.</param>
    /// <param name="origin">Where the files are from; null: that is not known.</param>
    /// <param name="verified">The pieces that counted as there.</param>
    /// <param name="unchecked">Those of a check that was not finished; null: there was none.</param>
    /// <param name="isAllDoubtful">Whether nothing that counted as there may be believed.</param>
    /// <param name="choices">Which files are wanted, and how much must stay free.</param>
    /// <param name="unfinished">The pieces of which a part counted as there.</param>
    /// <exception cref="StorageException">The destination cannot be written, or has too little room; or a path is not the torrent's.</exception>
    public static StartPlan MakeAgain(
        TorrentStorage storage, PathClaim claim, DataOrigin? origin, Bitfield verified, Bitfield? @unchecked, bool isAllDoubtful,
        TorrentChoices choices, IReadOnlyList<UnfinishedPiece> unfinished)
    {
        // Opened anew: an open file may be one that was deleted, or be on a disk that has gone and come again.
        storage.CloseFiles();
        storage.Locate();
        FileLayout layout = storage.Layout;
        IReadOnlyList<FileStamp?> stamps = storage.Stamps();
        Bitfield possible = storage.PossiblePieces(stamps);
        unfinished = storage.PossibleBlocks(unfinished, stamps);
        var trusted = new Bitfield(possible.Length);
        var toCheck = new Bitfield(possible.Length);
        foreach (int piece in possible.Ones)
        {
            if (@unchecked?[piece] == true || (isAllDoubtful && verified[piece]))
                toCheck.Set(piece);
            if (verified[piece] && !isAllDoubtful)
                trusted.Set(piece);
        }

        DoubtLinks(storage, possible, trusted, toCheck);
        var plan = new StartPlan(trusted, toCheck, origin);
        plan.Claim(storage, claim, verified, choices, stamps, isUntouched: true);
        if (!choices.SeedOnly)
            storage.Prepare(trusted, choices.FilePriorities, StampsNow(storage, layout, stamps), choices.MinimumFreeSpace);
        storage.MoveParts();
        return plan with { Unfinished = plan.Continue(unfinished) };
    }

    /// <summary>
    /// Claims the files' paths. A file that another torrent has too is hashed, unless it is known to be as it was; where nothing is to be
    /// hashed, it is decided at once what may be written.
    /// </summary>
    private void Claim(
        TorrentStorage storage, PathClaim claim, Bitfield believed, TorrentChoices choices, IReadOnlyList<FileStamp?> stamps, bool isUntouched)
    {
        TorrentFiles files = claim.FilesOf(storage.Layout, choices.FilePriorities, Origin, believed, storage.Apart);
        if (choices.SeedOnly)
        {
            WriteRules.RequireData(files, stamps);
            claim.Join(files);
        }
        else
        {
            claim.Take(files, file => stamps[file]?.Length != files.Layout.Files[file].Length);
        }

        foreach (SharedFile shared in isUntouched ? [] : claim.Shared)
        {
            (int first, int count) = files.Layout.PiecesOfFile(shared.File);
            for (int piece = first; piece < first + count; piece++)
            {
                if (Trusted.Clear(piece))
                    ToCheck.Set(piece);
            }
        }

        if (ToCheck.IsEmpty)
            WriteRules.Apply(storage, claim, choices.FilePriorities, Origin, Trusted, choices.SeedOnly);
    }

    /// <summary>The files as they are on disk, where they are to be now.</summary>
    private static IReadOnlyList<FileStamp?> StampsNow(TorrentStorage storage, FileLayout before, IReadOnlyList<FileStamp?> stamps) =>
        storage.Layout == before ? stamps : storage.Stamps();

    /// <summary>The unfinished pieces that can be gone on with. One that lacks no block is checked instead.</summary>
    private List<UnfinishedPiece> Continue(IReadOnlyList<UnfinishedPiece> unfinished)
    {
        var pieces = new List<UnfinishedPiece>();
        foreach (UnfinishedPiece piece in unfinished)
        {
            if (Trusted[piece.Piece])
                continue;
            if (piece.Blocks.IsFull)
                ToCheck.Set(piece.Piece);
            else
                pieces.Add(piece);
        }

        return pieces;
    }

    private static StartPlan Compare(
        TorrentStorage storage, ResumeData data, Bitfield possible, IReadOnlyList<FileStamp?> stamps)
    {
        var trusted = new Bitfield(possible.Length);
        var toCheck = new Bitfield(possible.Length);
        for (int piece = 0; piece < possible.Length; piece++)
        {
            if (!possible[piece])
                continue;
            if (data.Doubtful is { } doubtful && doubtful[piece])
                toCheck.Set(piece);
            else if (data.Verified[piece])
                trusted.Set(piece);
        }

        // Files that another program has touched since they were closed: whatever is in them may be other than it was.
        if (data.ClosedInOrder && data.Files.Count == storage.Layout.Files.Count)
        {
            for (int file = 0; file < stamps.Count; file++)
            {
                if (stamps[file] is not null && stamps[file] != data.Files[file] && !storage.IsApart(file))
                    Doubt(storage.Layout.PiecesOfFile(file), possible, trusted, toCheck);
            }
        }

        DoubtLinks(storage, possible, trusted, toCheck);
        return new StartPlan(trusted, toCheck, Origin: null);
    }

    /// <summary>Links lead to what was hashed, or it is hashed again: nothing else is ever sent through them.</summary>
    private static void DoubtLinks(TorrentStorage storage, Bitfield possible, Bitfield trusted, Bitfield toCheck)
    {
        foreach (int file in storage.FindUncheckedLinks())
            Doubt(storage.Layout.PiecesOfFile(file), possible, trusted, toCheck);
    }

    private static void Doubt((int First, int Count) pieces, Bitfield possible, Bitfield trusted, Bitfield toCheck)
    {
        for (int piece = pieces.First; piece < pieces.First + pieces.Count; piece++)
        {
            trusted.Clear(piece);
            if (possible[piece])
                toCheck.Set(piece);
        }
    }
}
