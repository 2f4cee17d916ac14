using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class DiskWorkersTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Jobs_of_one_affinity_run_in_order_on_one_thread_and_none_is_lost()
    {
        const int Affinities = 7, Jobs = 2000;
        var done = Enumerable.Range(0, Affinities).Select(_ => new List<int>()).ToArray();
        var threads = Enumerable.Range(0, Affinities).Select(_ => new HashSet<int>()).ToArray();
        await using (var workers = new DiskWorkers(3))
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, Affinities), Cancel, async (affinity, _) =>
            {
                for (int i = 0; i < Jobs; i++)
                {
                    int number = i;
                    workers.Post(affinity - 3, new Job(() =>
                    {
                        done[affinity].Add(number);
                        threads[affinity].Add(Environment.CurrentManagedThreadId);
                    }));
                    if (i % 50 == 0)
                        await Task.Yield();
                }
            });
        }

        Assert.All(done, numbers => Assert.Equal(Enumerable.Range(0, Jobs), numbers));
        Assert.All(threads, ids => Assert.Single(ids));
    }

    [Fact]
    public async Task A_thread_wakes_for_each_job_that_comes_after_a_pause()
    {
        await using var workers = new DiskWorkers(1);
        for (int i = 0; i < 2000; i++)
            Assert.Equal(i, await workers.RunAsync(() => i, Cancel).WaitAsync(TimeSpan.FromSeconds(30), Cancel));
    }

    [Fact]
    public async Task A_step_of_a_job_runs_on_the_jobs_thread()
    {
        await using var workers = new DiskWorkers(2);
        int caller = Environment.CurrentManagedThreadId;
        Assert.NotEqual(caller, await workers.ContinueAsync(() => Environment.CurrentManagedThreadId));

        await workers.Enter();
        int disk = Environment.CurrentManagedThreadId;
        ValueTask<int> step = workers.ContinueAsync(() => Environment.CurrentManagedThreadId);
        Assert.True(step.IsCompletedSuccessfully);
        Assert.Equal(disk, await step);
        await Assert.ThrowsAsync<FormatException>(async () => await workers.ContinueAsync<int>(() => throw new FormatException()));
        await Task.Yield();
    }

    [Fact]
    public async Task A_job_that_throws_is_reported_and_ends_no_thread()
    {
        var reported = new List<Exception>();
        await using var workers = new DiskWorkers(1, reported.Add);
        workers.Post(0, new Job(() => throw new InvalidOperationException("one")));
        await Assert.ThrowsAsync<FormatException>(() => workers.RunAsync(() => throw new FormatException(), Cancel));
        Assert.Equal(3, await workers.RunAsync(() => 3, Cancel));
        Assert.Equal("one", Assert.Single(reported).Message);
    }

    [Fact]
    public async Task Work_cancelled_before_its_turn_is_not_begun()
    {
        await using var workers = new DiskWorkers(1);
        using var hold = new ManualResetEventSlim();
        using var cancelled = new CancellationTokenSource();
        bool began = false;
        Task first = workers.RunAsync(() => hold.Wait(Cancel), Cancel);
        Task second = workers.RunAsync(() => began = true, cancelled.Token);
        await cancelled.CancelAsync();
        hold.Set();
        await first;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(began);
    }

    [Fact]
    public async Task Occasional_work_runs_on_a_free_thread()
    {
        await using var workers = new DiskWorkers(2);
        using var hold = new ManualResetEventSlim();
        using var isHeld = new ManualResetEventSlim();
        workers.Post(0, new Job(() =>
        {
            isHeld.Set();
            hold.Wait(Cancel);
        }));
        isHeld.Wait(Cancel);
        Assert.Equal(1, await workers.RunAsync(() => 1, Cancel).WaitAsync(TimeSpan.FromSeconds(30), Cancel));
        hold.Set();
    }

    [Fact]
    public async Task Entering_continues_on_a_disk_thread_and_stays_there_while_no_job_waits()
    {
        await using var workers = new DiskWorkers(2);
        await workers.Enter();
        int thread = Environment.CurrentManagedThreadId;
        Assert.StartsWith("TorrentPatron disk", Thread.CurrentThread.Name, StringComparison.Ordinal);
        for (int i = 0; i < 100; i++)
        {
            await workers.Enter();
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
        }
    }

    [Fact]
    public async Task Entering_again_lets_waiting_jobs_run_first()
    {
        await using var workers = new DiskWorkers(1);
        await workers.Enter();
        bool hadItsTurn = false;
        workers.Post(0, new Job(() => hadItsTurn = true));
        await workers.Enter();
        Assert.True(hadItsTurn);
    }

    [Fact]
    public async Task Entering_another_engines_threads_leaves_the_current_ones()
    {
        await using DiskWorkers one = new(1), other = new(1);
        await one.Enter();
        int thread = Environment.CurrentManagedThreadId;
        await other.Enter();
        Assert.NotEqual(thread, Environment.CurrentManagedThreadId);
    }

    [Fact]
    public async Task Entering_after_disposal_continues_on_the_same_thread()
    {
        var workers = new DiskWorkers(1);
        await workers.DisposeAsync();
        await workers.Enter();
    }

    [Fact]
    public async Task Disposal_finishes_what_is_queued_and_later_jobs_run_at_once()
    {
        var workers = new DiskWorkers(1);
        int done = 0;
        workers.Post(0, new Job(() => workers.Post(0, new Job(() => done++))));
        await workers.DisposeAsync();
        Assert.Equal(1, done);

        workers.Post(0, new Job(() =>
        {
            done++;
            workers.Post(0, new Job(() => done++));
        }));
        Assert.Equal(3, done);
        await workers.DisposeAsync();
    }

    private sealed class Job(Action work) : IDiskJob
    {
        public void Execute() => work();
    }
}
