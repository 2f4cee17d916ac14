namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Keeps the files of all torrents open while they are in use, up to a number; past it, those that were not used lately are closed.
/// </summary>
/// <remarks>
/// Using a file that is open takes no lock. What is in use is closed when its last user has done, so the bound is
/// exceeded by the number of threads at most. Thread-safe.
/// </remarks>
/// <param name="capacity">Most files open, 1 or more.</param>
/// <param name="time">The clock; null: the system's.</param>
internal sealed class FileHandlePool(int capacity = FileHandlePool.DefaultCapacity, TimeProvider? time = null)
{
    /// <summary>Well below the 1024 open files that many systems allow a process.</summary>
    public const int DefaultCapacity = 256;

    /// <summary>
    /// Looks without a use after which a file is closed. One that is open for writing is in the way of other programs: on Windows they
    /// cannot open it unless they allow others to write. One that is open for reading keeps its folder from being renamed there.
    /// </summary>
    private const int RestsForWriting = 2, RestsForReading = 20;

    private readonly Lock _gate = new();

    /// <summary>Open files, looked at in turn: who was not used since the last look is closed (the clock algorithm).</summary>
    private readonly Queue<OpenFile> _open = new();
    private int _count;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; } = time ?? TimeProvider.System;

    /// <summary>Called before a file is opened, with its path; tests throw here what a system says.</summary>
    public Action<string>? Opening { get; set; }

    /// <summary>Whether the file system of a file knows holes, by its path; null: the system is asked. For tests.</summary>
    public Func<string, bool>? KnowsHoles { get; set; }

    /// <summary>
    /// Called after bytes were read from a file (its path, the offset in it, how many) or written to it; says how long that is to have taken, where a
    /// test has another disk than there is. Null: it takes the time that it takes.
    /// </summary>
    public Func<string, long, long, bool, TimeSpan>? Transferred { get; set; }

    /// <summary>Number of files held open.</summary>
    public int OpenCount
    {
        get
        {
            lock (_gate)
                return _open.Count(file => file.Slot.Holds(file));
        }
    }

    /// <summary>Opens a file, or takes it as it is open; the caller calls <see cref="OpenFile.Leave"/> when done.</summary>
    /// <param name="file">Which.</param>
    /// <param name="write">Whether it is to be written.</param>
    /// <exception cref="StorageException">It could not be opened.</exception>
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

    /// <summary>Whether files are open that <see cref="CloseIdle"/> would have to look at. A glance.</summary>
    public bool HasOpen => Volatile.Read(ref _count) > 0;

    /// <summary>Closes files that are not in use any more; called about once a second, by a thread that may wait for a disk.</summary>
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
