namespace TorrentPatron.Simulation.Simulator;

/// <summary>
/// A world with a clock of its own: what is to happen lies in a queue, and the clock jumps from one event to the next as soon
/// as everything that an event has led to is done. Hours pass in moments, and the same seed gives the same world.
/// </summary>
/// <remarks>
/// Everything runs on the pool's one thread (see <see cref="OneThread"/>): the simulation yields it until no work is queued, and then
/// nothing is under way anywhere.
/// </remarks>
internal sealed class World
{
    private static readonly DateTimeOffset Beginning = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Action, (long Time, long Number)> _events = new();
    private long _number;

    private World(int seed)
    {
        ThreadPool.GetMaxThreads(out int threads, out _);
        Assert.Equal(1, threads);
        Random = new Random(seed);
        Time = new SimulatedTime(this);
        Network = new SimulatedNetwork(this);
    }

    /// <summary>The world's chance.</summary>
    public Random Random { get; }

    /// <summary>The world's clock.</summary>
    public SimulatedTime Time { get; }

    /// <summary>What the world's hosts are connected by.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>Ticks since the beginning.</summary>
    public long Now { get; private set; }

    /// <summary>Time since the beginning.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Now);

    /// <summary>The time of day in the world, UTC.</summary>
    public DateTimeOffset UtcNow => Beginning + Elapsed;

    /// <summary>Events so far: two runs that are the same have the same number.</summary>
    public long Events { get; private set; }

    /// <summary>Runs a scenario in a world of its own.</summary>
    public static Task RunAsync(int seed, Func<World, Task> scenario) => Task.Run(() => scenario(new World(seed)));

    /// <summary>Has something happen later.</summary>
    public void Schedule(TimeSpan after, Action what) => Schedule(Now + Math.Max(0, after.Ticks), what);

    /// <summary>Has something happen at a time.</summary>
    /// <param name="time">Ticks since the beginning.</param>
    /// <param name="what">What happens.</param>
    public void Schedule(long time, Action what) => _events.Enqueue(what, (Math.Max(time, Now), _number++));

    /// <summary>Lets time pass until something is so.</summary>
    /// <param name="condition">The condition to wait for.</param>
    /// <param name="atMost">Simulated time after which the wait is a failure.</param>
    /// <param name="what">The condition in words.</param>
    public async Task UntilAsync(Func<bool> condition, TimeSpan atMost, string what)
    {
        long end = Now + atMost.Ticks;
        while (true)
        {
            await SettleAsync();
            if (condition())
                return;
            if (!_events.TryPeek(out _, out (long Time, long Number) next) || next.Time > end)
            {
                Now = end;
                Assert.Fail($"After {Elapsed} of simulated time it is still not so: {what}.");
            }

            Step();
        }
    }

    /// <summary>Lets time pass until a task is done.</summary>
    public async Task<T> UntilAsync<T>(Task<T> task, TimeSpan atMost, string what)
    {
        await UntilAsync(() => task.IsCompleted, atMost, what);
        return await task;
    }

    /// <summary>Lets time pass until a task is done.</summary>
    public async Task UntilAsync(Task task, TimeSpan atMost, string what)
    {
        await UntilAsync(() => task.IsCompleted, atMost, what);
        await task;
    }

    /// <summary>Lets time pass.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        long end = Now + time.Ticks;
        await SettleAsync();
        while (_events.TryPeek(out _, out (long Time, long Number) next) && next.Time <= end)
        {
            Step();
            await SettleAsync();
        }

        Now = end;
    }

    private void Step()
    {
        _events.TryDequeue(out Action? what, out (long Time, long Number) when);
        Now = when.Time;
        Events++;
        what!();
    }

    /// <summary>Waits until nothing is under way.</summary>
    private static async Task SettleAsync()
    {
        do
            await Task.Yield();
        while (ThreadPool.PendingWorkItemCount > 0);
    }
}
