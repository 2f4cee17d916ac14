using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Contract;

/// <summary>A torrent's seed goal on the wire; the time is seconds.</summary>
internal sealed class SeedGoalDto
{
    public double? Ratio { get; set; }

    public double? Time { get; set; }

    public static SeedGoalDto? Of(SeedGoal? goal) =>
        goal is null ? null : new SeedGoalDto { Ratio = goal.Ratio, Time = Wire.OfTime(goal.Time) };

    public SeedGoal ToGoal() => new(Ratio, Wire.ToTime(Time));
}
