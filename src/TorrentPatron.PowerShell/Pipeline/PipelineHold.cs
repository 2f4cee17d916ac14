using TorrentPatron.Engine.Timing;

namespace TorrentPatron.PowerShell.Pipeline;

/// <summary>
/// Keeps cmdlets from returning while a signal ends the process: a script must not take the end of its torrents for a failure, and go
/// on to what it does then.
/// </summary>
internal static class PipelineHold
{
    private static Instant _end;

    /// <summary>Begins to hold all pipelines.</summary>
    /// <param name="atMost">After that time they go on, where the process is still there.</param>
    public static void Begin(TimeSpan atMost) => _end = Instant.Now(TimeProvider.System) + atMost;

    /// <summary>Waits as long as pipelines are held. To be called by a pipeline thread.</summary>
    public static void Pass()
    {
        while (_end - Instant.Now(TimeProvider.System) is var left && left > TimeSpan.Zero)
            Thread.Sleep(left);
    }
}
