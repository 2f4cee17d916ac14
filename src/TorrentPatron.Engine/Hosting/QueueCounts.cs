namespace TorrentPatron.Engine.Hosting;

/// <summary>Numbers of torrents in a part of the queue.</summary>
/// <param name="All">All torrents.</param>
/// <param name="WaitingDownloads">Downloads that wait for their turn.</param>
/// <param name="RunningDownloads">Running downloads that count towards the limit.</param>
/// <param name="WaitingSeeds">Seeds that wait for their turn.</param>
/// <param name="RunningSeeds">Running seeds that count towards the limit.</param>
internal readonly record struct QueueCounts(int All, int WaitingDownloads, int RunningDownloads, int WaitingSeeds, int RunningSeeds)
{
    /// <summary>The sum of two parts.</summary>
    public static QueueCounts operator +(QueueCounts one, QueueCounts other) => new(
        one.All + other.All, one.WaitingDownloads + other.WaitingDownloads, one.RunningDownloads + other.RunningDownloads,
        one.WaitingSeeds + other.WaitingSeeds, one.RunningSeeds + other.RunningSeeds);

    /// <summary>The torrents of a role that wait.</summary>
    public int Waiting(QueueRole role) => role == QueueRole.Seed ? WaitingSeeds : WaitingDownloads;

    /// <summary>The torrents of a role that run and count towards the limit.</summary>
    public int Running(QueueRole role) => role == QueueRole.Seed ? RunningSeeds : RunningDownloads;
}
