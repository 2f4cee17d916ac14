using System.Collections.Concurrent;
using MonoTorrent;
using MonoTorrent.PieceWriter;
using ReusableTasks;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.MonoTorrent.Storage;

/// <summary>
/// Passes MonoTorrent's reads and writes to our storage, by offset in the torrent: the names and paths that MonoTorrent uses are
/// never opened.
/// </summary>
/// <param name="workers">The disk threads.</param>
internal sealed class PieceWriter(DiskWorkers workers) : IPieceWriter
{
    private readonly ConcurrentDictionary<ITorrentManagerFile, TorrentStorage> _storages = new(ReferenceEqualityComparer.Instance);

    /// <inheritdoc/>
    public int OpenFiles => 0;

    /// <inheritdoc/>
    public int MaximumOpenFiles => FileHandlePool.DefaultCapacity;

    /// <summary>Registers the storage of a torrent's files.</summary>
    public void Add(IEnumerable<ITorrentManagerFile> files, TorrentStorage storage)
    {
        foreach (ITorrentManagerFile file in files)
            _storages[file] = storage;
    }

    /// <summary>Unregisters a torrent's files; later writes are lost.</summary>
    public void Remove(IEnumerable<ITorrentManagerFile> files)
    {
        foreach (ITorrentManagerFile file in files)
            _storages.TryRemove(file, out _);
    }

    /// <inheritdoc/>
    public async ReusableTask<int> ReadAsync(ITorrentManagerFile file, long offset, Memory<byte> buffer)
    {
        // A short read would not keep it from sending the rest of the buffer.
        TorrentStorage? storage = _storages.GetValueOrDefault(file);
        ObjectDisposedException.ThrowIf(storage is null, typeof(TorrentStorage));
        await RunAsync(storage, () => storage.Read(file.OffsetInTorrent + offset, buffer.Span)).ConfigureAwait(false);
        return buffer.Length;
    }

    /// <inheritdoc/>
    public async ReusableTask WriteAsync(ITorrentManagerFile file, long offset, ReadOnlyMemory<byte> buffer)
    {
        if (_storages.TryGetValue(file, out TorrentStorage? storage))
            await RunAsync(storage, () => storage.Write(file.OffsetInTorrent + offset, buffer.Span)).ConfigureAwait(false);
    }

    /// <summary>Always true: we know which files exist.</summary>
    public ReusableTask<bool> ExistsAsync(ITorrentManagerFile file) => ReusableTask.FromResult(true);

    /// <summary>Does nothing: the storage closes its files by itself.</summary>
    public ReusableTask CloseAsync(ITorrentManagerFile file) => ReusableTask.CompletedTask;

    /// <summary>Does nothing: files are flushed when the state is saved.</summary>
    public ReusableTask FlushAsync(ITorrentManagerFile file) => ReusableTask.CompletedTask;

    /// <summary>Does nothing: MonoTorrent does not decide where files are.</summary>
    public ReusableTask MoveAsync(ITorrentManagerFile file, string fullPath, bool overwrite) => ReusableTask.CompletedTask;

    /// <inheritdoc/>
    public ReusableTask SetMaximumOpenFilesAsync(int maximumOpenFiles) => ReusableTask.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>
    /// Reads or writes, with retries while another program has locked a file, or the space before is being filled.
    /// </summary>
    private async Task RunAsync(TorrentStorage storage, Action work)
    {
        while (true)
        {
            try
            {
                await workers.RunAsync(work).ConfigureAwait(false);
                return;
            }
            catch (StorageException e) when (e.IsHeld)
            {
                await storage.WaitForHeldAsync().ConfigureAwait(false);
            }
            catch (StorageException e) when (e.IsFilling)
            {
                // Others have had their turn.
            }
        }
    }
}
