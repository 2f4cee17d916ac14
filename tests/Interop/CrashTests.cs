using TorrentPatron.CrashTest;

namespace TorrentPatron.Interop.Tests;

/// <summary>A short run of tests/CrashTest.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task A_killed_download_continues_and_counts_no_missing_data()
    {
        await using var run = new CrashRun(size: 12, rate: 8, piece: 256, seed: 3);
        for (int rounds = 0; run.Kills < 3 && rounds < 12; rounds++)
            await run.NextAsync();
        await run.FinishAsync();

        Assert.Equal(3, run.Kills);
        Assert.All(run.Rounds, round => Assert.InRange(round.Lost, 0, 40));
    }

    [Fact]
    public async Task A_killed_service_continues_as_its_clients_were_told()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "On Windows a service is stopped by other means.");
        await using var run = new CrashRun(size: 12, rate: 8, piece: 256, seed: 4, isService: true);
        for (int rounds = 0; run.Kills < 3 && rounds < 12; rounds++)
            await run.NextAsync();
        await run.FinishAsync();

        Assert.Equal(3, run.Kills);
        Assert.All(run.Rounds, round => Assert.InRange(round.Lost, 0, 40));
    }
}
