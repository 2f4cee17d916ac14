using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Pieces;

/// <summary>Is told what becomes of pieces in flight. Called from the disk thread of their torrent, without a lock held.</summary>
internal interface IPieceResults
{
    /// <summary>Whether a piece has arrived bad before, so that it is to be told what it is made of when it is good.</summary>
    bool IsSuspect(int piece);

    /// <summary>
    /// A complete piece has a wrong hash: asks for the hashes of its blocks, to tell which of them are wrong. When they are here, or nobody gives
    /// them, the finisher is posted.
    /// </summary>
    /// <returns>False where nobody can be asked.</returns>
    bool AskForLeaves(PieceFinisher finisher) => false;

    /// <summary>Blocks have been dropped that are wrong by their own hashes, and are fetched anew.</summary>
    /// <param name="finisher">Continues with the piece.</param>
    /// <param name="wrong">What they were, and who sent them.</param>
    void BlocksWrong(PieceFinisher finisher, WrongBlocks wrong)
    {
    }

    /// <summary>The piece is verified and written.</summary>
    /// <param name="finisher">What has finished it.</param>
    /// <param name="prints">What it is made of, where it was suspect; else null.</param>
    void PieceGood(PieceFinisher finisher, BlockPrints? prints);

    /// <summary>The piece's hash is wrong, and it is all from one source.</summary>
    /// <param name="finisher">What has finished it.</param>
    /// <param name="prints">What it was made of.</param>
    void PieceBad(PieceFinisher finisher, BlockPrints prints);

    /// <summary>
    /// The piece's hash is wrong, and some of its blocks are fetched anew: those of earlier sessions, where it has such, or else those of one of
    /// the sources that have sent it.
    /// </summary>
    /// <param name="finisher">Continues with the piece.</param>
    /// <param name="bytes">Bytes dropped.</param>
    /// <param name="prints">What it was made of; null: they were of earlier sessions, and no source is to blame.</param>
    void BlocksDropped(PieceFinisher finisher, long bytes, BlockPrints? prints);

    /// <summary>The piece has been put aside unfinished.</summary>
    /// <param name="finisher">What has put it aside.</param>
    /// <param name="onDisk">Its blocks that are on disk; null means none.</param>
    void PieceParked(PieceFinisher finisher, Bitfield? onDisk);

    /// <summary>The piece could not be written, or what was written of it could not be read back.</summary>
    /// <param name="finisher">What has given it up.</param>
    /// <param name="onDisk">Its blocks that are on disk; null means none.</param>
    /// <param name="error">What the disk said.</param>
    void PieceNotWritten(PieceFinisher finisher, Bitfield? onDisk, StorageException error);

    /// <summary>The engine itself has failed at the piece. Must not throw.</summary>
    /// <param name="finisher">What has given it up.</param>
    /// <param name="fault">What nobody expected.</param>
    void PieceFaulted(PieceFinisher finisher, Exception fault);
}
