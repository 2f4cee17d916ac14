namespace TorrentPatron.Engine.Trackers;

/// <summary>Lets at most 50 announces of an engine be under way at once; the others wait in the order they came.</summary>
internal sealed class AnnounceLimiter : IDisposable
{
    /// <summary>How many announces may be under way at once.</summary>
    public const int MaxAtOnce = 50;

    private readonly SemaphoreSlim _free = new(MaxAtOnce, MaxAtOnce);

    /// <summary>Waits for a place.</summary>
    /// <returns>The place; disposing it, once, gives it back.</returns>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Place(_free);
    }

    public void Dispose() => _free.Dispose();

    private sealed class Place(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
