namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// Bounds the bytes that wait to be hashed and written. Past seven eighths of the bound sockets are not read; when three
/// quarters are left they are again: an event, never a timer.
/// </summary>
internal sealed class BackPressure(long maxQueuedBytes)
{
    private readonly long _high = maxQueuedBytes / 8 * 7;
    private readonly long _low = maxQueuedBytes / 4 * 3;
    private readonly Lock _gate = new();
    private long _queued;
    private volatile TaskCompletionSource? _closed;

    /// <summary>Bytes that wait now.</summary>
    public long Queued => Interlocked.Read(ref _queued);

    /// <summary>Notes bytes that wait from now on.</summary>
    public void Add(long bytes)
    {
        if (Interlocked.Add(ref _queued, bytes) <= _high || _closed is not null)
            return;
        lock (_gate)
            _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // What was removed between the two lines above has not seen the gate.
        Remove(0);
    }

    /// <summary>Notes bytes that wait no longer.</summary>
    public void Remove(long bytes)
    {
        if (Interlocked.Add(ref _queued, -bytes) >= _low || _closed is null)
            return;
        TaskCompletionSource? opened = null;
        lock (_gate)
        {
            if (Queued < _low)
                (opened, _closed) = (_closed, null);
        }

        opened?.SetResult();
    }

    /// <summary>Completes when there is room; at once, and without cost, where there is.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) =>
        _closed is { } closed ? closed.Task.WaitAsync(cancellationToken) : Task.CompletedTask;
}
