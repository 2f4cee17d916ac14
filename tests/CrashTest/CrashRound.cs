using System.Globalization;

namespace TorrentPatron.CrashTest;

/// <summary>The result of one kill, and of the next start.</summary>
/// <param name="KilledAfter">Time from the process's start to its end.</param>
/// <param name="IsComplete">Whether the download was complete before the kill.</param>
/// <param name="Counted">Number of pieces that count without being hashed again.</param>
/// <param name="Doubtful">Number of pieces that count after being hashed again.</param>
/// <param name="Lost">Number of good pieces on disk that do not count: they are downloaded again.</param>
/// <param name="Pieces">Number of pieces of the torrent.</param>
/// <param name="Unfinished">Number of kept good bytes of unfinished pieces.</param>
/// <param name="Again">Number of bytes that were sent in this round and do not count.</param>
internal sealed record CrashRound(TimeSpan KilledAfter, bool IsComplete, int Counted, int Doubtful, int Lost, int Pieces, long Unfinished, long Again)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{(IsComplete ? "complete" : "killed")} after {KilledAfter.TotalSeconds:N2} s: {Counted} of {Pieces} pieces count, {Doubtful} to be looked at, "
        + $"{Lost} lost; {Unfinished / 1048576.0:N2} MiB of unfinished pieces are kept; {Again / 1048576.0:N2} MiB came for nothing");
}
