namespace TorrentPatron.Engine.Client;

/// <summary>
/// When a torrent has seeded enough. When it reaches either goal it is suspended and <see cref="SeedGoalReached"/> is sent. If it
/// is resumed after that, it seeds on until it gets a new goal.
/// </summary>
/// <param name="Ratio">Bytes sent divided by the bytes of the torrent on disk, 0 or more; null means no such goal.</param>
/// <param name="Time">Time spent seeding, over all runs, 0 or more; null means no such goal.</param>
public sealed record SeedGoal(double? Ratio, TimeSpan? Time)
{
    /// <summary>Seed without end.</summary>
    public static SeedGoal None { get; } = new(null, null);
}
