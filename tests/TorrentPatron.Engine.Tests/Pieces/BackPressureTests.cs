using TorrentPatron.Engine.Pieces;

namespace TorrentPatron.Engine.Tests.Pieces;

public sealed class BackPressureTests
{
    [Fact]
    public async Task It_closes_past_seven_eighths_and_opens_below_three_quarters()
    {
        var pressure = new BackPressure(800);
        pressure.Add(700);
        Assert.True(pressure.WaitAsync(CancellationToken.None).IsCompleted);
        pressure.Add(1);
        Task wait = pressure.WaitAsync(CancellationToken.None);
        Assert.False(wait.IsCompleted);
        pressure.Remove(101);
        Assert.False(wait.IsCompleted);
        pressure.Remove(1);
        await wait.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True(pressure.WaitAsync(CancellationToken.None).IsCompleted);
        Assert.Equal(599, pressure.Queued);
    }

    [Fact]
    public async Task A_torrent_fills_three_quarters_of_the_bound_and_the_others_continue()
    {
        var all = new BackPressure(800);
        BackPressure slow = all.MakeShare(), fast = all.MakeShare();
        slow.Add(525);
        Assert.True(slow.WaitAsync(CancellationToken.None).IsCompleted);
        slow.Add(1);
        Task wait = slow.WaitAsync(CancellationToken.None);
        Assert.False(wait.IsCompleted);
        for (int i = 0; i < 10; i++)
        {
            fast.Add(100);
            Assert.True(fast.WaitAsync(CancellationToken.None).IsCompleted);
            fast.Remove(100);
        }

        slow.Remove(75);
        Assert.False(wait.IsCompleted);
        slow.Remove(1);
        await wait.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(450, all.Queued);
    }

    [Fact]
    public void Full_shares_of_many_torrents_leave_room_for_another_and_none_waits_with_an_empty_queue()
    {
        const int Bound = 8000;
        var all = new BackPressure(Bound);
        BackPressure[] slow = [.. Enumerable.Range(0, 20).Select(_ => all.MakeShare())];
        foreach (BackPressure share in slow)
        {
            while (share.WaitAsync(CancellationToken.None).IsCompleted)
                share.Add(1);
        }

        // Those that filled up first shrink to their shares.
        foreach (BackPressure share in slow)
        {
            while (!share.WaitAsync(CancellationToken.None).IsCompleted)
                share.Remove(1);
        }

        Assert.InRange(all.Queued, Bound / 4, Bound / 4 * 3);
        BackPressure other = all.MakeShare();
        other.Add(Bound / 16);
        Assert.True(other.WaitAsync(CancellationToken.None).IsCompleted);
        other.Remove(Bound / 16);
        foreach (BackPressure share in slow)
        {
            share.Remove(share.Queued);
            Assert.True(share.WaitAsync(CancellationToken.None).IsCompleted);
        }

        Assert.Equal(0, all.Queued);
    }

    [Fact]
    public async Task A_wait_can_be_cancelled()
    {
        var pressure = new BackPressure(800);
        pressure.Add(800);
        using var cancel = new CancellationTokenSource();
        Task wait = pressure.WaitAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Fact]
    public async Task Every_wait_completes_however_many_threads_add_and_remove()
    {
        var pressure = new BackPressure(4096);
        Task[] workers = [.. Enumerable.Range(0, 8).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 20_000; i++)
            {
                await pressure.WaitAsync(TestContext.Current.CancellationToken);
                int bytes = random.Next(1, 1500);
                pressure.Add(bytes);
                if (i % 7 == 0)
                    await Task.Yield();
                pressure.Remove(bytes);
            }
        }))];

        await Task.WhenAll(workers).WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken);
        Assert.Equal(0, pressure.Queued);
        Assert.True(pressure.WaitAsync(CancellationToken.None).IsCompleted);
    }
}
