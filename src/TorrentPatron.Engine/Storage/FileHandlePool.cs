namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Keeps the files of all torrents open while they are in use, up to a limit; beyond it, files not used recently are closed.
/// </summary>
/// <remarks>
/// Using an open file takes no lock. A file in use is closed when its last user has finished, so the limit is exceeded by at most
/// the number of threads. Thread-safe.
/// </remarks>
/// <param name="capacity">The most open files, 1 or more.</param>
/// <param name="time">The clock; null means the system's.</param>
internal sealed class FileHandlePool(int capacity = FileHandlePool.DefaultCapacity, TimeProvider? time = null)
{
    /// <summary>Well below the 1024 open files that many systems allow a process.</summary>
    public const int DefaultCapacity = 256;

    /// <summary>
    /// The number of unused checks after which a file is closed. On Windows a file open for writing cannot be opened by programs
    /// that do not allow others to write, and one open for reading keeps its folder from being renamed.
    /// </summary>
    private const int RestsForWriting = 2, RestsForReading = 20;

    private readonly Lock _gate = new();

    /// <summary>The open files, in the order of the clock algorithm: one not used since its last visit is closed.</summary>
    private readonly Queue<OpenFile> _open = new();
    private int _count;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; } = time ?? TimeProvider.System;

    /// <summary>Called before a file is opened, with its path; tests throw here.</summary>
    public Action<string>? Opening { get; set; }

    /// <summary>Returns whether the file system of a path supports holes; null asks the system. For tests.</summary>
    public Func<string, bool>? KnowsHoles { get; set; }

    /// <summary>
    /// Called after a read or write with the path, the offset, the count and the direction; returns the time it is to have taken,
    /// for tests that simulate another disk. Null uses the real time.
    /// </summary>
    public Func<string, long, long, bool, TimeSpan>? Transferred { get; set; }

    /// <summary>The number of open files.</summary>
    public int OpenCount
    {
        get
        {
            lock (_gate)
                return _open.Count(file => file.Slot.Holds(file));
        }
    }

    /// <summary>Opens a file, or uses the open one; the caller calls <see cref="OpenFile.Leave"/> when done.</summary>
    /// <param name="file">The file.</param>
    /// <param name="write">Whether to open it for writing.</param>
    /// <exception cref="StorageException">The file could not be opened.</exception>
    /// <exception cref="ObjectDisposedException">Its storage has been disposed.</exception>
    public OpenFile Use(PooledFile file, bool write)
    {
        if (file.TryUse(write) is { } open)
            return open;

        OpenFile opened = file.Use(write, out bool isNew);
        if (isNew)
            Add(opened);
        return opened;
    }

    /// <summary>Whether files are open that <see cref="CloseIdle"/> would have to check. Takes no lock.</summary>
    public bool HasOpen => Volatile.Read(ref _count) > 0;

    /// <summary>
    /// Closes files that are no longer in use; called about once a second, on a thread that may wait for a disk.
    /// </summary>
    public void CloseIdle()
    {
        var idle = new List<OpenFile>();
        lock (_gate)
        {
            for (int looks = _open.Count; looks > 0; looks--)
            {
                OpenFile file = _open.Dequeue();
                if (!file.Slot.Holds(file))
                    continue;
                if (file.Rest() >= (file.IsWritable ? RestsForWriting : RestsForReading))
                    idle.Add(file);
                else
                    _open.Enqueue(file);
            }

            Volatile.Write(ref _count, _open.Count);
        }

        foreach (OpenFile file in idle)
            file.Slot.Close(file);
    }

    private void Add(OpenFile file)
    {
        lock (_gate)
        {
            for (int looks = 2 * _open.Count; _open.Count >= capacity && looks > 0; looks--)
            {
                OpenFile oldest = _open.Dequeue();
                if (!oldest.Slot.Holds(oldest))
                    continue;
                if (oldest.WasUsed())
                    _open.Enqueue(oldest);
                else
                    oldest.Slot.Close(oldest);
            }

            _open.Enqueue(file);
            Volatile.Write(ref _count, _open.Count);
        }
    }
}
