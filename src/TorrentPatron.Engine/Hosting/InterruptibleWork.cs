namespace TorrentPatron.Engine.Hosting;

/// <summary>Work of a torrent that takes long and can be ended: a check or a move. One at a time; the host calls it one at a time.</summary>
/// <typeparam name="T">The result.</typeparam>
internal sealed class InterruptibleWork<T> : IDisposable
{
    /// <summary>The work under way; null: none. Finished work is let go of, with all that it held.</summary>
    private volatile Session? _session;

    /// <summary>Begins; what was begun before is over.</summary>
    /// <param name="work">The work, which ends soon when it is cancelled.</param>
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

    /// <summary>Ends the work under way, where there is any, and waits until it is over.</summary>
    public async Task CancelAsync()
    {
        // The end of one may be the beginning of another.
        while (_session is { } session)
        {
            await session.CancelAsync().ConfigureAwait(false);
            await session.Over.Task.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session?.Cancel();

    // Never disposed: it has no timer and no wait handle, and may be cancelled while its work ends.
    private sealed class Session : CancellationTokenSource
    {
        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
