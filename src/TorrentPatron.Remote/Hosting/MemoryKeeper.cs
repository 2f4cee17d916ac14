using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.Remote.Hosting;

/// <summary>Gives back the memory that the start of many torrents has left behind, when they are all there and no more come.</summary>
/// <remarks>A service whose torrents rest allocates next to nothing, so that the collector would never look at it again.</remarks>
/// <param name="count">Counts the torrents that run.</param>
/// <param name="collect">Collects; null: the whole heap, and has it compacted.</param>
internal sealed class MemoryKeeper(Func<int> count, Action? collect = null)
{
    /// <summary>So many torrents more than at the last time are worth a pause of some hundredths of a second.</summary>
    public const int Worth = 100;

    private readonly Action _collect = collect
        ?? (static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true));

    private int _before;
    private int _collected;

    /// <summary>How often to look.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Looks now and then until it is cancelled.</summary>
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
            // The service ends.
        }
#pragma warning disable CA1031 // The root of a loop; without it the service goes on as well.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(null, "memory of the service", fault);
        }
    }

    /// <summary>Looks once.</summary>
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
