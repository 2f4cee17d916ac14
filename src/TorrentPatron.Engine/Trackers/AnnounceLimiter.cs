namespace TorrentPatron.Engine.Trackers;

/// <summary>Limits an engine to 50 announces at once; the others wait in order.</summary>
internal sealed class AnnounceLimiter : IDisposable
{
    /// <summary>The most announces in progress at once.</summary>
    public const int MaxAtOnce = 50;

    private readonly SemaphoreSlim _free = new(MaxAtOnce, MaxAtOnce);

    /// <summary>Waits for a slot.</summary>
    /// <returns>The slot; dispose it, once, to release it.</returns>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Slot(_free);
    }

    public void Dispose() => _free.Dispose();

    private sealed class Slot(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
