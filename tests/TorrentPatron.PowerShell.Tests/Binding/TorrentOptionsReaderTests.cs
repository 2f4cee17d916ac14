using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;

namespace TorrentPatron.PowerShell.Tests.Binding;

public sealed class TorrentOptionsReaderTests
{
    private static readonly TorrentStatus Status = new()
    {
        Name = "a",
        InfoHash = new string('0', 40),
        State = TorrentState.Seeding,
        Destination = "/",
        Path = "/a",
        SeedRatio = 2,
        SeedTime = TimeSpan.FromHours(1),
    };

    [Fact]
    public void Options_that_are_not_given_stay_unchanged()
    {
        Assert.Equal(TorrentOptions.Unchanged, Read().For(Status));
        Assert.False(Read().IsAny);
    }

    [Fact]
    public void Given_options_are_read()
    {
        TorrentOptions options = Read(
            ("MaxDownloadRate", 1L), ("MaxUploadRate", 0L), ("MinimumFreeSpace", 5L), ("Sequential", false), ("Tag", new[] { "a", "A", "b" })).For(null);

        Assert.Equal((1, 0, 5, false), (options.MaxDownloadRate, options.MaxUploadRate, options.MinimumFreeSpace, options.Sequential));
        Assert.Equal(["a", "b"], options.Tags);
        Assert.Null(options.Goal);
    }

    [Fact]
    public void Tags_can_be_removed() => Assert.Empty(Read(("Tag", Array.Empty<string>())).For(Status).Tags!);

    [Fact]
    public void Half_of_a_goal_keeps_the_other_half_and_null_removes_it()
    {
        Assert.Equal(new SeedGoal(3, Status.SeedTime), Read(("SeedRatio", 3.0)).For(Status).Goal);
        Assert.Equal(new SeedGoal(null, Status.SeedTime), Read(("SeedRatio", null)).For(Status).Goal);
        Assert.Equal(new SeedGoal(2, TimeSpan.Zero), Read(("SeedTime", TimeSpan.Zero)).For(Status).Goal);
        Assert.Equal(new SeedGoal(3, null), Read(("SeedRatio", 3.0)).For(null).Goal);
        Assert.Equal(SeedGoal.None, Read(("SeedRatio", null), ("SeedTime", null)).For(Status).Goal);
    }

    private static TorrentOptionsReader Read(params (string Name, object? Value)[] bound) =>
        new(bound.ToDictionary(pair => pair.Name, pair => pair.Value));
}
