using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Tells from a torrent's status which milestones it has reached.</summary>
internal static class TorrentMilestones
{
    /// <summary>Whether a torrent has reached a milestone.</summary>
    public static bool HasReached(this TorrentStatus status, TorrentMilestone milestone) => milestone switch
    {
        TorrentMilestone.Metadata => status is { State: not (TorrentState.FetchingMetadata or TorrentState.Failed), Metadata: null },
        TorrentMilestone.Completed => status.IsDone(),
        TorrentMilestone.SeedGoal => status.IsDone() && status.State == TorrentState.Suspended && status.HasSeededEnough(),
        TorrentMilestone.Stopped => status.State == TorrentState.Stopped,
        _ => throw new ArgumentOutOfRangeException(nameof(milestone)),
    };

    /// <summary>Complete, and not only until the check that is going on says otherwise.</summary>
    public static bool IsDone(this TorrentStatus status) =>
        status is { IsComplete: true, State: not (TorrentState.Checking or TorrentState.Failed) };

    /// <summary>Whether nothing more comes by itself: it is complete, has failed or was stopped.</summary>
    public static bool IsOver(this TorrentStatus status) =>
        status.IsDone() || status.State is TorrentState.Failed or TorrentState.Stopped;

    private static bool HasSeededEnough(this TorrentStatus status) =>
        status.Ratio >= status.SeedRatio || status.SeedingTime >= status.SeedTime;
}
