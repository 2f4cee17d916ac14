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
    public async Task Nobody_waits_for_ever_however_many_add_and_remove()
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
