namespace TorrentPatron.PowerShell.Torrents;

/// <summary>
/// Torrents that start in parallel, at most sixteen at a time; their results are taken in the order of the requests.
/// </summary>
/// <remarks>
/// It has room for one at first, and twice as many each time it was full. So a pipeline that stops after the first torrent, or at its
/// error, has not started a second; and if torrents arrive with pauses, each result is taken before the next torrent is waited for.
/// </remarks>
/// <param name="take">Takes the result of a start.</param>
/// <param name="time">The clock.</param>
internal sealed class StartLine(Func<PendingStart, Task> take, TimeProvider time)
{
    /// <summary>Maximum number of concurrent starts; a service reads as many sources at once.</summary>
    internal const int MostAtOnce = 16;

    /// <summary>After a longer pause, results are taken without waiting for more torrents.</summary>
    internal static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    private readonly Queue<PendingStart> _open = new();
    private int _room = 1;
    private long _last = time.GetTimestamp();

    /// <summary>Whether results must be taken before the next torrent is started.</summary>
    public bool IsFull => _open.Count >= _room;

    /// <summary>Whether no results are left to take.</summary>
    public bool IsEmpty => _open.Count == 0;

    /// <summary>Adds a torrent whose start has been requested.</summary>
    public void Add(PendingStart start)
    {
        if (time.GetElapsedTime(_last) > LongestPause)
            _room = 1;
        _open.Enqueue(start);
        _last = time.GetTimestamp();
    }

    /// <summary>Takes as many results as needed for room, and those that are ready.</summary>
    public async Task TakeSomeAsync()
    {
        while (IsFull || (_open.TryPeek(out PendingStart? next) && next.Answer.IsCompleted))
            await take(_open.Dequeue()).ConfigureAwait(false);
        _room = Math.Min(2 * _room, MostAtOnce);
        _last = time.GetTimestamp();
    }

    /// <summary>Takes all results.</summary>
    public async Task TakeAllAsync()
    {
        while (_open.TryDequeue(out PendingStart? next))
            await take(next).ConfigureAwait(false);
    }
}
