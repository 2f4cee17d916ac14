using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Pieces;

/// <summary>Hashes and writes pieces in flight. All but <see cref="Post"/> is called from the disk thread.</summary>
internal interface IPieceDisk
{
    /// <summary>Queues a finisher on its torrent's disk thread.</summary>
    void Post(PieceFinisher finisher);

    /// <summary>Makes a finisher post itself again shortly, because another program has locked a file.</summary>
    void PostLater(PieceFinisher finisher) => Post(finisher);

    /// <summary>A finisher has begun to wait until it can write, or has stopped waiting.</summary>
    void HeldUp(bool isHeldUp)
    {
    }

    /// <summary>Writes consecutive blocks.</summary>
    /// <exception cref="StorageException">The write failed.</exception>
    void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> blocks);

    /// <summary>Reads bytes that have been written.</summary>
    /// <exception cref="StorageException">The read failed.</exception>
    void Read(long offset, Span<byte> buffer);

    /// <summary>Bytes have been hashed and written, and no longer wait.</summary>
    void BytesProcessed(long bytes);
}
