namespace TorrentPatron.Engine.Client;

/// <summary>
/// When a torrent has seeded enough: when either is reached it is suspended, and <see cref="SeedGoalReached"/> is said. A torrent
/// that is resumed after that seeds on, until it gets another goal.
/// </summary>
/// <param name="Ratio">Bytes sent for each byte of the torrent that is here, 0 or more; null: no such goal.</param>
/// <param name="Time">Time spent seeding, over all runs, 0 or more; null: no such goal.</param>
public sealed record SeedGoal(double? Ratio, TimeSpan? Time)
{
    /// <summary>Seed on and on.</summary>
    public static SeedGoal None { get; } = new(null, null);
}
