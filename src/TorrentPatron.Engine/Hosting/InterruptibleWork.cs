namespace TorrentPatron.Engine.Hosting;

/// <summary>Work of a torrent that takes long and can be ended: a check or a move. One at a time; the host calls it one at a time.</summary>
/// <typeparam name="T">The result.</typeparam>
internal sealed class InterruptibleWork<T> : IDisposable
{
    private CancellationTokenSource? _session;
    private Task<T?> _current = Task.FromResult<T?>(default);

    /// <summary>Begins; what was begun before is over.</summary>
    /// <param name="work">The work, which ends soon when it is cancelled.</param>
    public Task<T?> Begin(Func<CancellationToken, Task<T?>> work)
    {
        _session?.Dispose();
        _session = new CancellationTokenSource();
        return _current = work(_session.Token);
    }

    /// <summary>Ends the work under way, where there is any, and waits until it is over.</summary>
    public async Task CancelAsync()
    {
        if (_session is null)
            return;
        await _session.CancelAsync().ConfigureAwait(false);
        await ((Task)_current).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _session.Dispose();
        _session = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session?.Cancel();
        _session?.Dispose();
        _session = null;
    }
}
