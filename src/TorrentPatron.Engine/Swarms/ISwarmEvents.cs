using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Pieces;

namespace TorrentPatron.Engine.Swarms;

/// <summary>What the pieces tell their swarm; called from disk threads, without a lock held.</summary>
internal interface ISwarmEvents
{
    /// <summary>A piece is verified and written.</summary>
    void PieceVerified(int piece, bool isComplete);

    /// <summary>A piece has arrived with a wrong hash, all of it from one source, and must be fetched again.</summary>
    void PieceFailed(ActivePiece piece, IReadOnlyList<IBlockSource> senders);

    /// <summary>A piece has a wrong hash, and some of its bytes have been dropped and are fetched anew.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="areOfThisRun">Whether they were received in this run, and not in an earlier one.</param>
    void BlocksDropped(long bytes, bool areOfThisRun);

    /// <summary>A piece that had been bad is good: these peers had sent wrong blocks of it, and may have left since.</summary>
    void PoisonersFound(IReadOnlyList<IBlockSource> guilty);

    /// <summary>The disk refuses.</summary>
    void StorageFailed(TorrentError error);

    /// <summary>The engine itself has failed at a piece: the torrent cannot go on.</summary>
    void Faulted(Exception fault);
}
