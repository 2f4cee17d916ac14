namespace TorrentPatron.Engine.WebSeeds;

/// <summary>
/// Enforces a web seed's time limits: for an answer, for the next byte, and for a minimum rate, so that a trickling one does not
/// keep blocks from others. Time in which we make it wait does not count.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="end">Cancels everything.</param>
internal sealed class ReadTimeLimits(TimeProvider time, CancellationToken end) : IDisposable
{
    /// <summary>The longest time without an answer or the next byte.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>The waiting time in which <see cref="LeastBytes"/> must arrive.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    /// <summary>Bytes that must arrive in a <see cref="Window"/>: a block.</summary>
    public const int LeastBytes = 16 * 1024;

    private readonly CancellationTokenSource _any = CancellationTokenSource.CreateLinkedTokenSource(end);
    private ITimer? _timer;
    private TimeSpan _waited;
    private long _bytes;

    /// <summary>Cancelled when a wait takes too long, to end everything else for the request.</summary>
    public CancellationToken Token => _any.Token;

    /// <summary>Waits for an operation.</summary>
    /// <exception cref="OperationCanceledException">It takes too long.</exception>
    public async ValueTask<T> WaitAsync<T>(Func<CancellationToken, ValueTask<T>> what)
    {
        _timer ??= time.CreateTimer(static any => ((CancellationTokenSource)any!).Cancel(), _any, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(Silence, Timeout.InfiniteTimeSpan);
        long begun = time.GetTimestamp();
        T result = await what(_any.Token).ConfigureAwait(false);
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _waited += time.GetElapsedTime(begun);
        return result;
    }

    /// <summary>Counts received bytes.</summary>
    /// <exception cref="WebSeedException">They are too few for the time they took.</exception>
    public void Received(int bytes)
    {
        _bytes += bytes;
        if (_waited < Window)
            return;
        if (_bytes < LeastBytes)
            throw new WebSeedException("It sends too slowly.", WebSeedFault.Passing);
        (_waited, _bytes) = (TimeSpan.Zero, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _any.Dispose();
    }
}
