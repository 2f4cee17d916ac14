using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class TorrentDiskQueueTests : IAsyncDisposable
{
    private readonly QueuedDiskWorker _shared = new();
    private readonly QueuedDiskWorker _pieces = new();
    private readonly QueuedDiskWorker _reads = new();
    private readonly List<int> _done = [];
    private readonly DiskWorkers _workers;
    private readonly TorrentDiskQueue _queue;
    private bool _isSlow;

    public TorrentDiskQueueTests()
    {
        var more = new Queue<IDiskWorker>([_pieces, _reads]);
        _workers = new DiskWorkers([_shared], more.Dequeue);
        _queue = new TorrentDiskQueue(_workers, affinity: 3, () => _isSlow);
    }

    public ValueTask DisposeAsync() => _workers.DisposeAsync();

    [Fact]
    public void A_torrent_on_a_slow_disk_gets_its_own_threads_and_its_jobs_keep_their_order()
    {
        Post(1);
        _isSlow = true;
        Post(2);
        Post(3);
        Assert.True(_queue.IsSlow);
        _pieces.Run();
        Assert.Empty(_done);
        _shared.Run();
        Assert.Equal([1], _done);
        Post(4);
        _shared.Run();
        Assert.Equal([1], _done);
        _pieces.Run();
        Assert.Equal([1, 2, 3, 4], _done);
    }

    [Fact]
    public async Task A_slow_disk_is_read_and_written_on_different_threads()
    {
        _isSlow = true;
        Task read = ReadAsync();
        Assert.Equal(1, _reads.Pending);
        _reads.Run();
        await read;
        Assert.Equal([7], _done);

        async Task ReadAsync()
        {
            await _queue.Enter();
            _done.Add(7);
        }
    }

    [Fact]
    public async Task DrainAsync_waits_for_jobs_moving_to_other_threads()
    {
        Post(1);
        _isSlow = true;
        Post(2);
        Task drained = _workers.DrainAsync();
        Assert.False(drained.IsCompleted);
        _shared.Run();
        await UntilAsync(() => _pieces.Pending == 2 && _reads.Pending == 1);
        _pieces.Run();
        _reads.Run();
        await drained.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal([1, 2], _done);
    }

    [Fact]
    public void A_disk_is_slow_if_its_calls_take_long_but_not_after_a_single_one()
    {
        var speed = new DiskSpeed();
        for (int i = 0; i < 1000; i++)
            speed.Note(TimeSpan.FromMilliseconds(1));
        speed.Note(TimeSpan.FromSeconds(30));
        Assert.False(speed.IsSlow);
        for (int i = 0; i < 20; i++)
            speed.Note(TimeSpan.FromMilliseconds(9));
        Assert.True(speed.IsSlow);
        for (int i = 0; i < 1000; i++)
            speed.Note(TimeSpan.Zero);
        Assert.True(speed.IsSlow);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 3000 && !condition(); i++)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        Assert.True(condition());
    }

    private void Post(int number) => _queue.Post(new Job(() => _done.Add(number)));

    private sealed class Job(Action work) : IDiskJob
    {
        public void Execute() => work();
    }
}
