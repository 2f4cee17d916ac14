using TorrentPatron.Engine.Tests.Timing;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Tests.Torrents;

/// <summary>The clock is set back or forward while a cmdlet waits.</summary>
public sealed class WaitClockTests
{
    private readonly SettableClock _clock = new();

    private static ProgressNote Note() => new("Waiting", "for it", -1, TimeLeft: null);

    [Theory]
    [InlineData(-3)]
    [InlineData(24)]
    public async Task A_stall_lasts_as_long_as_the_given_timeout(int hours)
    {
        await using var session = new ScriptedSession();
        TorrentTarget torrent = await session.StartAsync("a");
        using var end = new CancellationTokenSource();
        var wait = new TorrentWait(torrent, new WaitOptions { StallTimeout = TimeSpan.FromMinutes(10) }, _clock, end.Token);
        _clock.Advance(TimeSpan.FromMinutes(9));
        _clock.Set(TimeSpan.FromHours(hours));
        Assert.False(wait.HasStalled());

        session.Clients[0].Change(torrent.Torrent, status => status with { BytesReceived = 1 });
        Assert.False(wait.HasStalled());
        _clock.Advance(TimeSpan.FromMinutes(9));
        Assert.False(wait.HasStalled());
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(wait.HasStalled());

        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.Ended);
    }

    [Theory]
    [InlineData(-3)]
    [InlineData(24)]
    public async Task Progress_is_shown_at_its_interval(int hours)
    {
        var output = new RecordedOutput();
        var progress = new DelayedProgress(output, _clock);
        _clock.Set(TimeSpan.FromHours(hours));
        await progress.ShowAsync(Note);
        Assert.False(progress.IsTimeToLook());
        Assert.Empty(output.Progress);

        _clock.Advance(TimeSpan.FromSeconds(1));
        await progress.ShowAsync(Note);
        Assert.True(progress.IsTimeToLook());
        Assert.Single(output.Progress);
    }
}
