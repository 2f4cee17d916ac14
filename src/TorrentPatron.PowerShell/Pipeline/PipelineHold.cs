using TorrentPatron.Engine.Timing;

namespace TorrentPatron.PowerShell.Pipeline;

/// <summary>
/// Keeps cmdlets from returning while a signal ends the process: otherwise a script would see its torrents end, take that for a failure
/// and continue.
/// </summary>
internal static class PipelineHold
{
    private static Instant _end;

    /// <summary>Begins to hold all pipelines.</summary>
    /// <param name="atMost">The longest hold, if the process does not end.</param>
    public static void Begin(TimeSpan atMost) => _end = Instant.Now(TimeProvider.System) + atMost;

    /// <summary>Waits while pipelines are held. On a pipeline thread.</summary>
    public static void Pass()
    {
        while (_end - Instant.Now(TimeProvider.System) is var left && left > TimeSpan.Zero)
            Thread.Sleep(left);
    }
}
