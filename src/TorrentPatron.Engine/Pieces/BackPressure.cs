namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// Limits the bytes waiting to be hashed and written. Above seven eighths of the limit sockets are not read; at three quarters
/// they are read again, by an event, never by a timer.
/// </summary>
/// <remarks>
/// Each torrent's bytes also count in its own share, which is full when it holds more than three times what all torrents leave
/// free. So a torrent with a slow disk fills only part of the limit, however many there are, and the others continue.
/// </remarks>
/// <param name="maxQueuedBytes">The limit.</param>
/// <param name="all">The total that this is a share of; null for the total itself.</param>
internal sealed class BackPressure(long maxQueuedBytes, BackPressure? all = null)
{
    private const int Share = 3;

    private readonly long _high = maxQueuedBytes / 8 * 7;
    private readonly long _low = maxQueuedBytes / 4 * 3;
    private readonly Lock _gate = new();
    private long _queued;
    private volatile TaskCompletionSource? _closed;

    /// <summary>The bytes waiting now.</summary>
    public long Queued => Interlocked.Read(ref _queued);

    /// <summary>Creates the share of a torrent.</summary>
    public BackPressure MakeShare() => new(maxQueuedBytes, this);

    /// <summary>Adds waiting bytes.</summary>
    public void Add(long bytes)
    {
        all?.Add(bytes);
        if (!IsOver(Interlocked.Add(ref _queued, bytes), _high) || _closed is not null)
            return;
        lock (_gate)
            _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // A removal between the two lines above has not seen the gate.
        Remove(0);
    }

    /// <summary>Removes bytes that no longer wait.</summary>
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

    /// <summary>Completes when there is room; synchronously, and without cost, if there is.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) =>
        _closed is { } closed ? closed.Task.WaitAsync(cancellationToken) : all?.WaitAsync(cancellationToken) ?? Task.CompletedTask;

    // A share without waiting bytes is open: no later removal would open it.
    private bool MayOpen => all is null ? Queued < _low : Queued is var queued && (queued == 0 || !IsOver(queued, _low));

    private bool IsOver(long queued, long bound) => all is null ? queued > bound : queued > Share * (bound - all.Queued);
}
