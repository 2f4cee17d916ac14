using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// Looks at every torrent of an engine once a second, and at those that rest now and then. A fault in one torrent ends that torrent; the
/// others are looked at as before.
/// </summary>
/// <param name="torrents">The torrents as they are now.</param>
/// <param name="faults">Takes what a torrent throws.</param>
/// <param name="engine">What the engine itself does in each beat; null: nothing. It waits for nothing.</param>
internal sealed class Heartbeat(Func<IReadOnlyList<ITicking>> torrents, FaultHandler faults, Action? engine = null)
{
    /// <summary>Time between two beats.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Beats between two looks at a torrent in which nothing happens: of ten thousand, few have anything to do.</summary>
    private const int BeatsBetweenLooks = 8;

    /// <summary>Looks at torrents at rest in one beat: of a hundred thousand each is looked at every hundred seconds, which is soon enough for an hourly save.</summary>
    private const int MostLooks = 1_000;

    /// <summary>Beats until it is cancelled.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(TimeProvider time, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            for (int beat = 1; await timer.WaitForNextTickAsync(stop).ConfigureAwait(false); beat++)
                Beat(beat);
        }
        catch (OperationCanceledException)
        {
            // The engine stops.
        }
    }

    private void Beat(int beat)
    {
        engine?.Invoke();
        IReadOnlyList<ITicking> all = torrents();
        int between = Math.Max(BeatsBetweenLooks, all.Count / MostLooks);
        for (int i = 0; i < all.Count; i++)
        {
            try
            {
                // Those at rest are only looked at, in turn.
                if (!all[i].IsResting || (beat + i) % between == 0)
                    all[i].Tick();
            }
#pragma warning disable CA1031 // The root of a loop: one torrent's fault must not stop the beat of all others.
            catch (Exception e)
#pragma warning restore CA1031
            {
                faults.EndTorrent(all[i].TorrentId, "engine's beat", e);
            }
        }
    }
}
