using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// The disk of a torrent's pieces: the thread on which they are hashed, the files that they are written to, and the bytes that wait for both.
/// </summary>
/// <param name="storage">The torrent's files.</param>
/// <param name="lane">
/// The torrent's threads: one for all of its pieces, since two that write into one file spin on the file system's lock (measured: a third
/// more CPU, and slower). Other torrents have other threads.
/// </param>
/// <param name="backPressure">Bounds the bytes that wait.</param>
internal sealed class PieceDisk(TorrentStorage storage, DiskLane lane, BackPressure backPressure) : IPieceDisk
{
    private int _heldUp;

    /// <summary>Blocks have been added to pieces: they go to be hashed and written.</summary>
    /// <param name="pieces">The pieces.</param>
    /// <param name="bytesToHash">Bytes of them that can be hashed now and could not before.</param>
    public void BlocksAdded(IReadOnlyList<ActivePiece> pieces, long bytesToHash)
    {
        backPressure.Add(bytesToHash);
        for (int i = 0; i < pieces.Count; i++)
            pieces[i].Finisher.Post();
    }

    /// <summary>Whether something waits to be written: another program holds a file, or what is before it is being filled.</summary>
    public bool IsHeldUp => Volatile.Read(ref _heldUp) > 0;

    /// <summary>Waits for what has been posted before. Jobs of one affinity run one after the other.</summary>
    public Task DrainAsync() => lane.DrainAsync();

    /// <inheritdoc/>
    public void Post(PieceFinisher finisher) => lane.Post(finisher);

    /// <summary>Queues a job on the disk thread that the torrent belongs to.</summary>
    public void Post(IDiskJob job) => lane.Post(job);

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
