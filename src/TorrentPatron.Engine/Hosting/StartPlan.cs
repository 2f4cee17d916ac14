using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>Which pieces on disk a starting torrent can trust, and which it must hash first.</summary>
/// <param name="Trusted">Pieces that the resume data confirms.</param>
/// <param name="ToCheck">Pieces that may be on disk but are unconfirmed.</param>
/// <param name="Origin">The origin of the files on disk; null if it was not recorded.</param>
internal sealed record StartPlan(Bitfield Trusted, Bitfield ToCheck, DataOrigin? Origin)
{
    /// <summary>Whether a file to be hashed existed before the torrent, and may turn out to be a different file.</summary>
    public bool IsDisputed => !ToCheck.IsEmpty && Origin is { } origin && origin.FilesBefore.Count > origin.FilesBefore.CountInBoth(origin.FilesWritten);

    /// <summary>Pieces with some blocks on disk; the blocks are unconfirmed until the piece is complete.</summary>
    public IReadOnlyList<UnfinishedPiece> Unfinished { get; private init; } = [];

    /// <summary>The destination with all links resolved; null if it was not resolved.</summary>
    public string? RealDestination { get; private init; }

    /// <summary>Inspects the disk and prepares the torrent's folder. Blocks.</summary>
    /// <param name="storage">The files.</param>
    /// <param name="claim">The claim to their paths.</param>
    /// <param name="data">The saved resume data; null if there is none.</param>
    /// <param name="recheck">Whether to hash everything.</param>
    /// <param name="choices">The wanted files and the space to keep free.</param>
    /// <exception cref="StorageException">
    /// The destination cannot be written or is too full, or another torrent has one of the paths.
    /// </exception>
    /// <param name="isDestinationSaved">Whether the destination comes from saved state rather than from the user.</param>
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
        // State saved before the metadata was known says nothing about the disk: existing files are not the torrent's.
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

    /// <summary>Inspects the disk again after a suspension or failure, and prepares the torrent's folder. Blocks.</summary>
    /// <param name="storage">The files.</param>
    /// <param name="claim">The claim to their paths.</param>
    /// <param name="origin">The origin of the files; null if unknown.</param>
    /// <param name="verified">The pieces that counted as verified.</param>
    /// <param name="unchecked">The pieces of an unfinished check; null if there was none.</param>
    /// <param name="isAllDoubtful">Whether no piece that counted as verified can be trusted.</param>
    /// <param name="choices">The wanted files and the space to keep free.</param>
    /// <param name="unfinished">The pieces with some blocks on disk.</param>
    /// <exception cref="StorageException">
    /// The destination cannot be written or is too full, or another torrent has one of the paths.
    /// </exception>
    public static StartPlan MakeAgain(
        TorrentStorage storage, PathClaim claim, DataOrigin? origin, Bitfield verified, Bitfield? @unchecked, bool isAllDoubtful,
        TorrentChoices choices, IReadOnlyList<UnfinishedPiece> unfinished)
    {
        // Files are reopened, because an open file may have been deleted, or be on a disk that was removed and reattached.
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
    /// Claims the files' paths. A file shared with another torrent is hashed unless it is known to be unchanged. If nothing needs
    /// hashing, which files may be written is decided at once.
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

    /// <summary>The current stamps of the files on disk.</summary>
    private static IReadOnlyList<FileStamp?> StampsNow(TorrentStorage storage, FileLayout before, IReadOnlyList<FileStamp?> stamps) =>
        storage.Layout == before ? stamps : storage.Stamps();

    /// <summary>The unfinished pieces that can be continued. One with all blocks on disk is checked instead.</summary>
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

        // Files that another program has changed since they were closed: their contents are in doubt.
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

    /// <summary>
    /// Checks again any data behind links whose targets have changed: only data that was hashed may be sent through a link.
    /// </summary>
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
