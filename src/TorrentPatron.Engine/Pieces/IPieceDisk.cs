using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Pieces;

/// <summary>Where a piece in flight is hashed and written. All but <see cref="Post"/> is called from the disk thread.</summary>
internal interface IPieceDisk
{
    /// <summary>Queues a finisher on the disk thread that its torrent belongs to.</summary>
    void Post(PieceFinisher finisher);

    /// <summary>Has a finisher post itself again in a moment: another program holds a file.</summary>
    void PostLater(PieceFinisher finisher) => Post(finisher);

    /// <summary>A finisher begins to wait until it can write, or waits no longer.</summary>
    void HeldUp(bool isHeldUp)
    {
    }

    /// <summary>Writes blocks that lie one behind the other.</summary>
    /// <exception cref="StorageException">The disk refuses.</exception>
    void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> blocks);

    /// <summary>Reads bytes that have been written.</summary>
    /// <exception cref="StorageException">The disk refuses.</exception>
    void Read(long offset, Span<byte> buffer);

    /// <summary>Bytes that waited to be hashed and written wait no longer.</summary>
    void BytesProcessed(long bytes);
}
