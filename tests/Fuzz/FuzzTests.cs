namespace TorrentPatron.Fuzz;

public sealed class FuzzTests
{
    private const int InputsPerTarget = 10_000;

    private static readonly string Failures = Path.Combine(AppContext.BaseDirectory, "failures");

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(target => target.Name)];

    public static TheoryData<string> Regressions =>
        [.. Directory.EnumerateFiles(Folder, "*.bin").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Regressions");

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_external_input_is_accepted_or_refused_and_every_property_holds(string name)
    {
        IFuzzTarget target = FuzzTargets.All.Single(target => target.Name == name);
        var runner = new FuzzRunner(target, seed: 1, Failures);
        runner.Run(0, (int)(InputsPerTarget * target.Share));

        Assert.Empty(runner.Report.Failures);
        Assert.InRange(runner.Report.Sound, 1, InputsPerTarget);
    }

    [Theory]
    [MemberData(nameof(Regressions))]
    public void Earlier_failures_do_not_recur(string file)
    {
        // Named after the target: metainfo-reason.bin.
        IFuzzTarget target = FuzzTargets.All.Where(target => file.StartsWith(target.Name + "-", StringComparison.Ordinal))
            .MaxBy(target => target.Name.Length)!;

        target.Run(File.ReadAllBytes(Path.Combine(Folder, file)));
    }

    [Fact]
    public void The_same_seed_and_number_give_the_same_input()
    {
        foreach (IFuzzTarget target in FuzzTargets.All)
        {
            for (int number = 0; number < 50; number++)
                Assert.Equal(new FuzzRunner(target, 7, Failures).Input(number), new FuzzRunner(target, 7, Failures).Input(number));
        }
    }
}
