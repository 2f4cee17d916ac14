namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// Bounds the bytes that wait to be hashed and written. Past seven eighths of the bound sockets are not read; when three
/// quarters are left they are again: an event, never a timer.
/// </summary>
/// <remarks>
/// The bytes of each torrent count in a share of their own too: it is full when it holds more than three times what all torrents leave free. So a
/// torrent with a slow disk fills a part of the bound, however many there are, and the others go on.
/// </remarks>
/// <param name="maxQueuedBytes">The bound.</param>
/// <param name="all">What this is a share of; null if there is nothing.</param>
internal sealed class BackPressure(long maxQueuedBytes, BackPressure? all = null)
{
    private const int Share = 3;

    private readonly long _high = maxQueuedBytes / 8 * 7;
    private readonly long _low = maxQueuedBytes / 4 * 3;
    private readonly Lock _gate = new();
    private long _queued;
    private volatile TaskCompletionSource? _closed;

    /// <summary>Bytes that wait now.</summary>
    public long Queued => Interlocked.Read(ref _queued);

    /// <summary>Makes the share of a torrent.</summary>
    public BackPressure MakeShare() => new(maxQueuedBytes, this);

    /// <summary>Notes bytes that wait from now on.</summary>
    public void Add(long bytes)
    {
        all?.Add(bytes);
        if (!IsOver(Interlocked.Add(ref _queued, bytes), _high) || _closed is not null)
            return;
        lock (_gate)
            _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // What was removed between the two lines above has not seen the gate.
        Remove(0);
    }

    /// <summary>Notes bytes that wait no longer.</summary>
    public void Remove(long bytes)
    {
        all?.Remove(bytes);
        Interlocked.Add(ref _queued, -bytes);
        if (_closed is null || !MayOpen)
            return;
        TaskCompletionSource? opened = null;
        lock (_gate)
        {
            if (MayOpen)
                (opened, _closed) = (_closed, null);
        }

        opened?.SetResult();
    }

    /// <summary>Completes when there is room; at once, and without cost, where there is.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) =>
        _closed is { } closed ? closed.Task.WaitAsync(cancellationToken) : all?.WaitAsync(cancellationToken) ?? Task.CompletedTask;

    // A share of which nothing waits is open: nothing of it would come to open it later.
    private bool MayOpen => all is null ? Queued < _low : Queued is var queued && (queued == 0 || !IsOver(queued, _low));

    private bool IsOver(long queued, long bound) => all is null ? queued > bound : queued > Share * (bound - all.Queued);
}
