using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Derives the milestones that a torrent has reached from its status.</summary>
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

    /// <summary>Whether it is complete, and not only until a running check finds otherwise.</summary>
    public static bool IsDone(this TorrentStatus status) =>
        status is { IsComplete: true, State: not (TorrentState.Checking or TorrentState.Failed) };

    /// <summary>Whether it will make no more progress by itself: it is complete, failed or stopped.</summary>
    public static bool IsOver(this TorrentStatus status) =>
        status.IsDone() || status.State is TorrentState.Failed or TorrentState.Stopped;

    private static bool HasSeededEnough(this TorrentStatus status) =>
        status.Ratio >= status.SeedRatio || status.SeedingTime >= status.SeedTime;
}
