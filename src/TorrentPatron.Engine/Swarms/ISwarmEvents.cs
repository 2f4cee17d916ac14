using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Pieces;

namespace TorrentPatron.Engine.Swarms;

/// <summary>Receives the events of a swarm's pieces; called from disk threads, without a lock held.</summary>
internal interface ISwarmEvents
{
    /// <summary>A piece is verified and written.</summary>
    void PieceVerified(int piece, bool isComplete);

    /// <summary>A piece from a single source has a wrong hash and must be downloaded again.</summary>
    void PieceFailed(ActivePiece piece, IReadOnlyList<IBlockSource> senders);

    /// <summary>A piece has a wrong hash, and some of its bytes have been dropped and are downloaded again.</summary>
    /// <param name="bytes">The number of bytes.</param>
    /// <param name="areOfThisRun">Whether they were received in this run rather than an earlier one.</param>
    void BlocksDropped(long bytes, bool areOfThisRun);

    /// <summary>
    /// A piece that failed before is now verified: these peers sent wrong blocks of it, and may have left since.
    /// </summary>
    void PoisonersFound(IReadOnlyList<IBlockSource> guilty);

    /// <summary>A disk error occurred.</summary>
    void StorageFailed(TorrentError error);

    /// <summary>An internal error occurred in a piece's work: the torrent cannot continue.</summary>
    void Faulted(Exception fault);
}
