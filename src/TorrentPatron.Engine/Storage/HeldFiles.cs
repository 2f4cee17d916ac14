using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Storage;

/// <summary>The files of one torrent that another program has locked, and since when. Thread-safe.</summary>
/// <param name="time">The clock.</param>
internal sealed class HeldFiles(TimeProvider time)
{
    /// <summary>A file that was not tried for this long may have been free meanwhile.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Since, long Last)> _held = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>The warning about a file that was locked at a recent attempt; null means none.</summary>
    public TorrentError? Warning
    {
        get
        {
            if (Volatile.Read(ref _count) == 0)
                return null;
            lock (_gate)
            {
                foreach ((string path, (_, long last)) in _held)
                {
                    if (time.GetElapsedTime(last) < Memory)
                        return StorageErrors.Held(path, isOver: false);
                }

                return null;
            }
        }
    }

    /// <summary>Records a locked file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="fault">The system's exception.</param>
    /// <returns>The exception to throw, which says whether to retry.</returns>
    public StorageException Add(string path, Exception fault)
    {
        long now = time.GetTimestamp();
        lock (_gate)
        {
            bool isKnown = _held.TryGetValue(path, out (long Since, long Last) held) && time.GetElapsedTime(held.Last, now) < Memory;
            long since = isKnown ? held.Since : now;
            bool isOver = time.GetElapsedTime(since, now) >= SharingViolation.LongPatience;
            if (isOver)
                _held.Remove(path);
            else
                _held[path] = (since, now);
            Volatile.Write(ref _count, _held.Count);
            return new StorageException(StorageErrors.Held(path, isOver), fault) { IsHeld = !isOver };
        }
    }

    /// <summary>Records that a file could be used.</summary>
    /// <param name="path">Its path.</param>
    public void Remove(string path)
    {
        if (Volatile.Read(ref _count) == 0)
            return;
        lock (_gate)
        {
            _held.Remove(path);
            Volatile.Write(ref _count, _held.Count);
        }
    }

    /// <summary>Removes all records.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _held.Clear();
            Volatile.Write(ref _count, 0);
        }
    }
}
