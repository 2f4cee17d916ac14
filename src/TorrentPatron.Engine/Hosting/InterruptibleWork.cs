namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// A long-running operation of a torrent that can be cancelled: a check or a move. The host starts one at a time.
/// </summary>
/// <typeparam name="T">The result.</typeparam>
internal sealed class InterruptibleWork<T> : IDisposable
{
    /// <summary>The operation in progress; null if none. A finished one is released with all that it referenced.</summary>
    private volatile Session? _session;

    /// <summary>Starts an operation; the previous one has ended.</summary>
    /// <param name="work">The operation, which must end soon after cancellation.</param>
    public async Task<T?> Begin(Func<CancellationToken, Task<T?>> work)
    {
        var session = new Session();
        _session = session;
        try
        {
            return await work(session.Token).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.CompareExchange(ref _session, null, session);
            session.Over.SetResult();
        }
    }

    /// <summary>Cancels the operation in progress, if any, and waits for its end.</summary>
    public async Task CancelAsync()
    {
        // The end of one operation may start another.
        while (_session is { } session)
        {
            await session.CancelAsync().ConfigureAwait(false);
            await session.Over.Task.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session?.Cancel();

    // Never disposed: it has no timer and no wait handle, and may be cancelled while its operation ends.
    private sealed class Session : CancellationTokenSource
    {
        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
