using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Pieces;

/// <summary>Receives the results of pieces in flight. Called from their torrent's disk thread, without a lock held.</summary>
internal interface IPieceResults
{
    /// <summary>Whether a piece has failed before, so that its fingerprints are wanted when it succeeds.</summary>
    bool IsSuspect(int piece);

    /// <summary>
    /// A complete piece has a wrong hash: requests the hashes of its blocks, to find the wrong ones. When they arrive, or nobody
    /// sends them, the finisher is posted.
    /// </summary>
    /// <returns>False if no peer can be asked.</returns>
    bool AskForLeaves(PieceFinisher finisher) => false;

    /// <summary>Blocks match their own hashes.</summary>
    /// <param name="senders">The senders of those blocks; some may have sent wrong ones too.</param>
    void BlocksGood(IReadOnlyCollection<IBlockSource> senders)
    {
    }

    /// <summary>Blocks that fail their own hashes have been dropped, and are downloaded again.</summary>
    /// <param name="finisher">Continues with the piece.</param>
    /// <param name="wrong">The blocks and their senders.</param>
    void BlocksWrong(PieceFinisher finisher, WrongBlocks wrong)
    {
    }

    /// <summary>The piece is verified and written.</summary>
    /// <param name="finisher">Its finisher.</param>
    /// <param name="prints">Its fingerprints, if it was suspect; else null.</param>
    void PieceGood(PieceFinisher finisher, BlockFingerprints? prints);

    /// <summary>The piece's hash is wrong, and one source sent all of it.</summary>
    /// <param name="finisher">Its finisher.</param>
    /// <param name="prints">Its fingerprints.</param>
    void PieceBad(PieceFinisher finisher, BlockFingerprints prints);

    /// <summary>
    /// The piece's hash is wrong, and some of its blocks are downloaded again: those of earlier sessions, if it has any, or else
    /// those of one of its senders.
    /// </summary>
    /// <param name="finisher">Continues with the piece.</param>
    /// <param name="bytes">Bytes dropped.</param>
    /// <param name="prints">Its fingerprints; null if the blocks were of earlier sessions, and no source is to blame.</param>
    void BlocksDropped(PieceFinisher finisher, long bytes, BlockFingerprints? prints);

    /// <summary>The piece has been set aside unfinished.</summary>
    /// <param name="finisher">Its finisher.</param>
    /// <param name="onDisk">Its blocks on disk; null means none.</param>
    void PieceParked(PieceFinisher finisher, Bitfield? onDisk);

    /// <summary>The piece could not be written, or could not be read back.</summary>
    /// <param name="finisher">Its finisher, which has abandoned it.</param>
    /// <param name="onDisk">Its blocks on disk; null means none.</param>
    /// <param name="error">The disk error.</param>
    void PieceNotWritten(PieceFinisher finisher, Bitfield? onDisk, StorageException error);

    /// <summary>An internal error occurred in the piece's work. Must not throw.</summary>
    /// <param name="finisher">Its finisher, which has abandoned it.</param>
    /// <param name="fault">The unexpected exception.</param>
    void PieceFaulted(PieceFinisher finisher, Exception fault);
}
