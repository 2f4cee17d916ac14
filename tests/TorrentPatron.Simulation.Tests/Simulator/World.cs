namespace TorrentPatron.Simulation.Simulator;

/// <summary>
/// A world with its own clock: events wait in a queue, and the clock jumps to the next one as soon
/// as all work caused by the last one is done. Hours pass in moments, and the same seed gives the same run.
/// </summary>
/// <remarks>
/// Everything runs on the pool's one thread (see <see cref="OneThread"/>): the simulation yields until no work is queued; then
/// nothing is running.
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

    /// <summary>The world's random numbers.</summary>
    public Random Random { get; }

    /// <summary>The world's clock.</summary>
    public SimulatedTime Time { get; }

    /// <summary>The network between the world's hosts.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>Ticks since the beginning.</summary>
    public long Now { get; private set; }

    /// <summary>Time since the beginning.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Now);

    /// <summary>The time of day in the world, UTC.</summary>
    public DateTimeOffset UtcNow => Beginning + Elapsed;

    /// <summary>Number of events so far: identical runs have the same number.</summary>
    public long Events { get; private set; }

    /// <summary>Runs a scenario in a new world.</summary>
    public static Task RunAsync(int seed, Func<World, Task> scenario) => Task.Run(() => scenario(new World(seed)));

    /// <summary>Schedules an action after a delay.</summary>
    public void Schedule(TimeSpan after, Action what) => Schedule(Now + Math.Max(0, after.Ticks), what);

    /// <summary>Schedules an action at a time.</summary>
    /// <param name="time">Ticks since the beginning.</param>
    /// <param name="what">The action.</param>
    public void Schedule(long time, Action what) => _events.Enqueue(what, (Math.Max(time, Now), _number++));

    /// <summary>Lets time pass until a condition holds.</summary>
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
                Assert.Fail($"After {Elapsed} of simulated time this has not happened: {what}.");
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

    /// <summary>Waits until no work is queued.</summary>
    private static async Task SettleAsync()
    {
        do
            await Task.Yield();
        while (ThreadPool.PendingWorkItemCount > 0);
    }
}
