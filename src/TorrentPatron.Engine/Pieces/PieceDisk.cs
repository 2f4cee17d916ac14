using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// The disk side of a torrent's pieces: the thread that hashes them, the files they are written to, and the bytes waiting for
/// both.
/// </summary>
/// <param name="storage">The torrent's files.</param>
/// <param name="queue">
/// The torrent's threads: one for all of its pieces, because two threads that write to one file spin on the file system's lock
/// (measured: a third more CPU, and slower). Other torrents use other threads.
/// </param>
/// <param name="backPressure">Limits the waiting bytes.</param>
internal sealed class PieceDisk(TorrentStorage storage, TorrentDiskQueue queue, BackPressure backPressure) : IPieceDisk
{
    private int _heldUp;

    /// <summary>Queues new blocks for hashing and writing.</summary>
    /// <param name="pieces">The pieces.</param>
    /// <param name="bytesToHash">The bytes that have now become hashable.</param>
    public void BlocksAdded(IReadOnlyList<ActivePiece> pieces, long bytesToHash)
    {
        backPressure.Add(bytesToHash);
        for (int i = 0; i < pieces.Count; i++)
            pieces[i].Finisher.Post();
    }

    /// <summary>Whether writes are waiting: another program has locked a file, or the space before it is being filled.</summary>
    public bool IsHeldUp => Volatile.Read(ref _heldUp) > 0;

    /// <summary>Waits for everything posted before. Jobs of one torrent run one after another.</summary>
    public Task DrainAsync() => queue.DrainAsync();

    /// <inheritdoc/>
    public void Post(PieceFinisher finisher) => queue.Post(finisher);

    /// <summary>Queues a job on the torrent's disk thread.</summary>
    public void Post(IDiskJob job) => queue.Post(job);

    /// <inheritdoc/>
    public void PostLater(PieceFinisher finisher)
    {
        _ = PostAsync();

        async Task PostAsync()
        {
            await storage.WaitForHeldAsync().ConfigureAwait(false);
            finisher.Post();
        }
    }

    /// <inheritdoc/>
    public void HeldUp(bool isHeldUp) => Interlocked.Add(ref _heldUp, isHeldUp ? 1 : -1);

    /// <inheritdoc/>
    public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> blocks) => storage.Write(offset, blocks);

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> buffer) => storage.Read(offset, buffer);

    /// <inheritdoc/>
    public void BytesProcessed(long bytes) => backPressure.Remove(bytes);
}
