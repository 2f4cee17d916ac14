using System.Collections.Concurrent;
using MonoTorrent;
using MonoTorrent.PieceWriter;
using ReusableTasks;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.MonoTorrent.Storage;

/// <summary>
/// What MonoTorrent reads and writes goes through our storage, by its offset in the torrent: names and paths as MonoTorrent has them
/// are never opened.
/// </summary>
/// <param name="workers">The disk threads.</param>
internal sealed class PieceWriter(DiskWorkers workers) : IPieceWriter
{
    private readonly ConcurrentDictionary<ITorrentManagerFile, TorrentStorage> _storages = new(ReferenceEqualityComparer.Instance);

    /// <inheritdoc/>
    public int OpenFiles => 0;

    /// <inheritdoc/>
    public int MaximumOpenFiles => FileHandlePool.DefaultCapacity;

    /// <summary>Says where a torrent's files are kept.</summary>
    public void Add(IEnumerable<ITorrentManagerFile> files, TorrentStorage storage)
    {
        foreach (ITorrentManagerFile file in files)
            _storages[file] = storage;
    }

    /// <summary>Forgets a torrent's files: what is still written of them is lost.</summary>
    public void Remove(IEnumerable<ITorrentManagerFile> files)
    {
        foreach (ITorrentManagerFile file in files)
            _storages.TryRemove(file, out _);
    }

    /// <inheritdoc/>
    public async ReusableTask<int> ReadAsync(ITorrentManagerFile file, long offset, Memory<byte> buffer)
    {
        // Fewer bytes than were asked for would not keep it from sending what the buffer holds.
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

    /// <summary>Always: what is there is ours to know.</summary>
    public ReusableTask<bool> ExistsAsync(ITorrentManagerFile file) => ReusableTask.FromResult(true);

    /// <summary>Nothing: the storage lets go of its files by itself.</summary>
    public ReusableTask CloseAsync(ITorrentManagerFile file) => ReusableTask.CompletedTask;

    /// <summary>Nothing: that is done when the state is saved.</summary>
    public ReusableTask FlushAsync(ITorrentManagerFile file) => ReusableTask.CompletedTask;

    /// <summary>Nothing: where files lie is not MonoTorrent's to say.</summary>
    public ReusableTask MoveAsync(ITorrentManagerFile file, string fullPath, bool overwrite) => ReusableTask.CompletedTask;

    /// <inheritdoc/>
    public ReusableTask SetMaximumOpenFilesAsync(int maximumOpenFiles) => ReusableTask.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>Reads or writes, again and again while another program holds a file, or what is before it is being filled.</summary>
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
