using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Limits;

/// <summary>
/// Limits a rate: callers acquire bytes before they move them, and wait while there are none. First come, first served.
/// </summary>
/// <remarks>
/// A token bucket that holds a quarter of a second. An acquisition succeeds as soon as the bucket holds anything and may leave it
/// in debt, so any size gets through and the long-term rate is right. Without a limit nothing is locked or counted; a timer runs
/// only while someone waits. Thread-safe.
/// </remarks>
internal sealed class RateLimiter : IDisposable
{
    private const double BurstSeconds = 0.25;

    private readonly TimeProvider _time;
    private LinkedList<Waiter>? _waiters;
    private ITimer? _timer;
    private bool _timerIsSet;
    private long _rate;
    private double _tokens;
    private long _filledAt;
    private bool _disposed;

    /// <summary>Creates a limiter with a full bucket.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="bytesPerSecond">The limit as in <see cref="RateLimits"/>: bytes/s; 0 means no limit.</param>
    public RateLimiter(TimeProvider time, long bytesPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytesPerSecond);
        _time = time;
        _rate = bytesPerSecond;
        _tokens = bytesPerSecond * BurstSeconds;
        _filledAt = time.GetTimestamp();
    }

    /// <summary>The limit, bytes/s; 0 means no limit. A change takes effect at once, for waiting callers too.</summary>
    public long Rate
    {
        get => Volatile.Read(ref _rate);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            lock (this)
            {
                Refill();
                bool wasUnlimited = _rate == 0;
                Volatile.Write(ref _rate, value);
                double burst = value * BurstSeconds;
                _tokens = wasUnlimited ? burst : Math.Min(_tokens, burst);
                Serve();
            }
        }
    }

    /// <summary>Waits until the given number of bytes may be moved.</summary>
    /// <param name="bytes">Number of bytes, 0 or more.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is acquired then.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The limiter was disposed before or during the wait.</exception>
    public ValueTask AcquireAsync(int bytes, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _rate) == 0)
            return ValueTask.CompletedTask;
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);

        Waiter waiter;
        lock (this)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Refill();
            if (_rate == 0 || (_waiters is not { Count: > 0 } && _tokens > 0))
            {
                _tokens -= bytes;
                return ValueTask.CompletedTask;
            }

            waiter = new Waiter(this, bytes, cancellationToken);
            (_waiters ??= []).AddLast(waiter.Node);
            SetTimer();
        }

        // Outside the lock: an already cancelled token calls back immediately.
        waiter.Watch();
        return new ValueTask(waiter.Task);
    }

    /// <summary>Lets waiting callers through without counting their bytes: another limit may apply to them now.</summary>
    public void LetThrough()
    {
        lock (this)
        {
            foreach (Waiter waiter in _waiters ?? [])
                waiter.TrySetResult();
            _waiters?.Clear();
        }
    }

    /// <summary>Fails waiting callers.</summary>
    public void Dispose()
    {
        lock (this)
        {
            _disposed = true;
            _timer?.Dispose();
            _timer = null;
            foreach (Waiter waiter in _waiters ?? [])
                waiter.TrySetException(new ObjectDisposedException(nameof(RateLimiter)));
            _waiters?.Clear();
        }
    }

    private void Refill()
    {
        long now = _time.GetTimestamp();
        double seconds = _time.GetElapsedTime(_filledAt, now).TotalSeconds;
        _filledAt = now;
        if (_rate > 0)
            _tokens = Math.Min(_tokens + seconds * _rate, _rate * BurstSeconds);
    }

    private void Serve()
    {
        while (_waiters?.First is { } first && (_rate == 0 || _tokens > 0))
        {
            _waiters.RemoveFirst();
            if (first.Value.TrySetResult())
                _tokens -= first.Value.Bytes;
        }

        _timerIsSet = false;
        if (_waiters is { Count: > 0 })
            SetTimer();
    }

    private void SetTimer()
    {
        if (_timerIsSet)
            return;

        // One millisecond is added: a timer that fires slightly early would find an empty bucket.
        double seconds = -_tokens / _rate + 0.001;
        TimeSpan due = TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(1).TotalSeconds));
        _timer ??= _time.CreateTimer(static state => ((RateLimiter)state!).OnTimer(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
        _timerIsSet = true;
    }

    private void OnTimer()
    {
        lock (this)
        {
            if (_disposed)
                return;
            Refill();
            Serve();
        }
    }

    private void Cancelled(Waiter waiter)
    {
        lock (this)
        {
            waiter.Node.List?.Remove(waiter.Node);
        }
    }

    private sealed class Waiter : TaskCompletionSource
    {
        private readonly RateLimiter _owner;
        private readonly CancellationToken _cancellationToken;

        public Waiter(RateLimiter owner, int bytes, CancellationToken cancellationToken)
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
            _owner = owner;
            _cancellationToken = cancellationToken;
            Bytes = bytes;
            Node = new LinkedListNode<Waiter>(this);
        }

        public int Bytes { get; }

        public LinkedListNode<Waiter> Node { get; }

        public void Watch()
        {
            if (!_cancellationToken.CanBeCanceled)
                return;
            CancellationTokenRegistration registration = _cancellationToken.Register(static state =>
            {
                var waiter = (Waiter)state!;
                if (waiter.TrySetCanceled(waiter._cancellationToken))
                    waiter._owner.Cancelled(waiter);
            }, this);
            _ = Task.ContinueWith(static (_, state) => ((CancellationTokenRegistration)state!).Dispose(), registration,
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
