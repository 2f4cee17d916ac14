using System.Globalization;

namespace TorrentPatron.CrashTest;

/// <summary>What one kill has left, and what the next start made of it.</summary>
/// <param name="KilledAfter">Time from the process's start to its end.</param>
/// <param name="IsComplete">Whether it had everything before it could be killed.</param>
/// <param name="Counted">Pieces that count without another look.</param>
/// <param name="Doubtful">Pieces that count once they have been hashed again.</param>
/// <param name="Lost">Pieces that are on disk, good, and count for nothing: they are fetched again.</param>
/// <param name="Pieces">Pieces of the torrent.</param>
/// <param name="Unfinished">Bytes of unfinished pieces that are kept and good.</param>
/// <param name="Again">Bytes that were sent in this round and are not among what counts.</param>
internal sealed record CrashRound(TimeSpan KilledAfter, bool IsComplete, int Counted, int Doubtful, int Lost, int Pieces, long Unfinished, long Again)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{(IsComplete ? "complete" : "killed")} after {KilledAfter.TotalSeconds:N2} s: {Counted} of {Pieces} pieces count, {Doubtful} to be looked at, "
        + $"{Lost} lost; {Unfinished / 1048576.0:N2} MiB of unfinished pieces are kept; {Again / 1048576.0:N2} MiB came for nothing");
}
