using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.Remote.Hosting;

/// <summary>Releases the memory that starting many torrents has used, when no more are starting.</summary>
/// <remarks>A service with idle torrents allocates next to nothing, so the garbage collector would never run again.</remarks>
/// <param name="count">Counts the running torrents.</param>
/// <param name="collect">Collects garbage; null compacts the whole heap.</param>
internal sealed class MemoryKeeper(Func<int> count, Action? collect = null)
{
    /// <summary>The number of new torrents that is worth a pause of some hundredths of a second.</summary>
    public const int Worth = 100;

    private readonly Action _collect = collect
        ?? (static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true));

    private int _before;
    private int _collected;

    /// <summary>Time between two checks.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Checks at intervals until it is cancelled.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="ending">Ends it.</param>
    public async Task RunAsync(TimeProvider time, CancellationToken ending)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, time, ending).ConfigureAwait(false);
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The service is ending.
        }
#pragma warning disable CA1031 // The root of a loop; without it the service goes on as well.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(null, "releasing the service's memory", fault);
        }
    }

    /// <summary>Checks once.</summary>
    internal void Look()
    {
        int now = count();
        if (now == _before && now - _collected >= Worth)
        {
            _collect();
            _collected = now;
        }

        _before = now;
        _collected = Math.Min(_collected, now);
    }
}
