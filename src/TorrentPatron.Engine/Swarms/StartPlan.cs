using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>What a torrent that starts may believe of what is on disk, and what it must hash first.</summary>
/// <param name="Trusted">Pieces that resume data vouches for.</param>
/// <param name="ToCheck">Pieces that may be there but that nothing vouches for.</param>
internal sealed record StartPlan(Bitfield Trusted, Bitfield ToCheck)
{
    /// <summary>Looks at the disk, and makes the torrent's place ready. Blocks.</summary>
    /// <param name="storage">The files.</param>
    /// <param name="data">What was saved; null: nothing.</param>
    /// <param name="recheck">Whether everything is to be hashed.</param>
    /// <param name="priorities">Priority of each file.</param>
    /// <exception cref="StorageException">The destination cannot be written, or has too little room.</exception>
    public static StartPlan Make(TorrentStorage storage, ResumeData? data, bool recheck, IReadOnlyList<FilePriority> priorities)
    {
        IReadOnlyList<FileStamp?> stamps = storage.Stamps();
        Bitfield possible = storage.PossiblePieces(stamps);
        bool isKnown = data is not null && !recheck && data.Verified.Length == possible.Length
            && data.Destination == storage.Layout.Destination;
        StartPlan plan = isKnown ? Compare(storage, data!, possible, stamps) : new StartPlan(new Bitfield(possible.Length), possible);
        storage.Prepare(isKnown ? plan.Trusted : null, priorities, stamps);
        return plan;
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
                if (stamps[file] is not null && stamps[file] != data.Files[file])
                    Doubt(storage.Layout.PiecesOfFile(file), possible, trusted, toCheck);
            }
        }

        return new StartPlan(trusted, toCheck);
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
