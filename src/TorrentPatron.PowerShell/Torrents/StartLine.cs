namespace TorrentPatron.PowerShell.Torrents;

/// <summary>
/// Torrents that are started side by side, at most sixteen at a time; what comes of them is taken in the order in which they were
/// asked for.
/// </summary>
/// <remarks>
/// It has room for one at first, and for twice as many each time it was full. So who has enough after the first, or stops at its error,
/// has started no second; and where torrents come one by one, with pauses, each is taken before the next is waited for.
/// </remarks>
/// <param name="take">Takes what came of a torrent.</param>
/// <param name="time">The clock.</param>
internal sealed class StartLine(Func<PendingStart, Task> take, TimeProvider time)
{
    /// <summary>Torrents started at once; a service reads as many sources at once.</summary>
    internal const int MostAtOnce = 16;

    /// <summary>After a longer pause nobody knows whether more will come.</summary>
    internal static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    private readonly Queue<PendingStart> _open = new();
    private int _room = 1;
    private long _last = time.GetTimestamp();

    /// <summary>Whether some are to be taken before another is asked for.</summary>
    public bool IsFull => _open.Count >= _room;

    /// <summary>Whether none is left to be taken.</summary>
    public bool IsEmpty => _open.Count == 0;

    /// <summary>Takes in a torrent that has been asked for.</summary>
    public void Add(PendingStart start)
    {
        if (time.GetElapsedTime(_last) > LongestPause)
            _room = 1;
        _open.Enqueue(start);
        _last = time.GetTimestamp();
    }

    /// <summary>Makes room: takes as many as must be, and what is there already.</summary>
    public async Task TakeSomeAsync()
    {
        while (IsFull || (_open.TryPeek(out PendingStart? next) && next.Answer.IsCompleted))
            await take(_open.Dequeue()).ConfigureAwait(false);
        _room = Math.Min(2 * _room, MostAtOnce);
        _last = time.GetTimestamp();
    }

    /// <summary>Takes all.</summary>
    public async Task TakeAllAsync()
    {
        while (_open.TryDequeue(out PendingStart? next))
            await take(next).ConfigureAwait(false);
    }
}
