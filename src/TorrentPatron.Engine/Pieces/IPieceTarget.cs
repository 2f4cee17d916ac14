using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Pieces;

/// <summary>Where finished pieces go. All but <see cref="PostToDisk"/> is called from disk threads.</summary>
internal interface IPieceTarget
{
    /// <summary>Queues the finisher on the disk thread that its torrent belongs to.</summary>
    void PostToDisk(PieceFinisher finisher);

    /// <summary>Writes blocks that lie one behind the other.</summary>
    /// <exception cref="StorageException">The disk refuses.</exception>
    void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> blocks);

    /// <summary>Reads bytes that have been written.</summary>
    /// <exception cref="StorageException">The disk refuses.</exception>
    void Read(long offset, Span<byte> buffer);

    /// <summary>Whether a piece has arrived bad before, so that it is to be told what it is made of when it is good.</summary>
    bool IsSuspect(int piece);

    /// <summary>Bytes that waited to be hashed and written wait no longer.</summary>
    void BytesProcessed(long bytes);

    /// <summary>The piece is verified and written.</summary>
    /// <param name="finisher">What has finished it.</param>
    /// <param name="prints">What it is made of, where it was suspect; else null.</param>
    void PieceGood(PieceFinisher finisher, BlockPrints? prints);

    /// <summary>The piece's hash is wrong.</summary>
    /// <param name="finisher">What has finished it.</param>
    /// <param name="prints">What it was made of.</param>
    void PieceBad(PieceFinisher finisher, BlockPrints prints);

    /// <summary>The piece's hash is wrong, but not all of it is from this session: the blocks of earlier ones are fetched anew.</summary>
    /// <param name="finisher">What goes on with the piece.</param>
    /// <param name="bytes">Bytes dropped.</param>
    void RestoredBlocksDropped(PieceFinisher finisher, long bytes);

    /// <summary>The piece has been put aside unfinished.</summary>
    /// <param name="finisher">What has put it aside.</param>
    /// <param name="onDisk">Its blocks that are on disk; null: none.</param>
    void PieceParked(PieceFinisher finisher, Bitfield? onDisk);

    /// <summary>The piece could not be written, or what was written of it could not be read back.</summary>
    /// <param name="finisher">What has given it up.</param>
    /// <param name="onDisk">Its blocks that are on disk; null: none.</param>
    /// <param name="error">What the disk said.</param>
    void PieceNotWritten(PieceFinisher finisher, Bitfield? onDisk, StorageException error);

    /// <summary>The engine itself has failed at the piece. Must not throw.</summary>
    /// <param name="finisher">What has given it up.</param>
    /// <param name="fault">What nobody expected.</param>
    void PieceFaulted(PieceFinisher finisher, Exception fault);
}
