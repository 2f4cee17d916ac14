using TorrentPatron.Engine.Peers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class UploadQueueTests
{
    [Fact]
    public void Requests_are_taken_in_order_except_cancelled_ones()
    {
        var queue = new UploadQueue();
        for (int i = 0; i < 5; i++)
            Assert.True(queue.TryAdd(new BlockRequest(i, 0, 1)));
        Assert.True(queue.Cancel(new BlockRequest(2, 0, 1)));
        Assert.False(queue.Cancel(new BlockRequest(2, 0, 1)));
        Assert.Equal(4, queue.Count);

        var taken = new BlockRequest[3];
        Assert.Equal(3, queue.Take(taken));
        Assert.Equal([0, 1, 3], taken.Select(t => t.Piece));
        Assert.Equal([4], queue.TakeAll().Select(t => t.Piece));
        Assert.Equal(0, queue.Take(taken));
    }

    [Fact]
    public void It_is_bounded()
    {
        var queue = new UploadQueue();
        int added = 0;
        while (added < 1_000_000 && queue.TryAdd(new BlockRequest(added, 0, 1)))
            added++;
        Assert.InRange(added, UploadQueue.Capacity, 4 * UploadQueue.Capacity);
    }
}
