using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// Calls every active torrent of an engine once a second, and idle ones now and then. A fault in one torrent ends that torrent
/// only.
/// </summary>
/// <param name="torrents">Returns the current torrents.</param>
/// <param name="faults">Handles what a torrent throws.</param>
/// <param name="engine">The engine's own work in each beat, which must not block; null means none.</param>
internal sealed class Heartbeat(Func<IReadOnlyList<ITicking>> torrents, FaultHandler faults, Action? engine = null)
{
    /// <summary>Time between two beats.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Beats between two visits to an idle torrent: of ten thousand, few have anything to do.</summary>
    private const int BeatsBetweenLooks = 8;

    /// <summary>
    /// The most visits to idle torrents in one beat: each of a hundred thousand is visited every hundred seconds, often enough
    /// for an hourly save.
    /// </summary>
    private const int MostLooks = 1_000;

    /// <summary>Beats until cancelled.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends the loop.</param>
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
            // The engine is stopping.
        }
    }

    private void BeatEngine()
    {
        try
        {
            engine?.Invoke();
        }
#pragma warning disable CA1031 // The root of a loop: a fault in the engine's own work must not stop the beat of its torrents.
        catch (Exception e)
#pragma warning restore CA1031
        {
            faults.Record("engine's beat", e);
        }
    }

    private void Beat(int beat)
    {
        BeatEngine();
        IReadOnlyList<ITicking> all = torrents();
        int between = Math.Max(BeatsBetweenLooks, all.Count / MostLooks);
        for (int i = 0; i < all.Count; i++)
        {
            try
            {
                // Idle torrents are visited in turn.
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
