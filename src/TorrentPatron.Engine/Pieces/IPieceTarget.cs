using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Pieces;

/// <summary>Where finished pieces go. All but <see cref="PostToDisk"/> is called from disk threads.</summary>
internal interface IPieceTarget
{
    /// <summary>Queues the finisher on the disk thread that its torrent belongs to.</summary>
    void PostToDisk(PieceFinisher finisher);

    /// <summary>Writes blocks that lie one behind the other.</summary>
    /// <exception cref="StorageException">The disk refuses.</exception>
    void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> blocks);

    /// <summary>Bytes that waited to be hashed and written wait no longer.</summary>
    void BytesProcessed(long bytes);

    /// <summary>The piece is verified and written.</summary>
    void PieceGood(PieceFinisher finisher);

    /// <summary>The piece's hash is wrong.</summary>
    void PieceBad(PieceFinisher finisher, IReadOnlyList<object> senders);

    /// <summary>The piece could not be written.</summary>
    void PieceNotWritten(PieceFinisher finisher, StorageException error);
}
