using TorrentPatron.Engine.Peers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class BlockRunTests
{
    [Fact]
    public void A_fast_peer_gets_larger_runs_of_blocks_up_to_half_a_mebibyte()
    {
        (UploadQueue queue, BlockRun run) = (Filled(500), new BlockRun());
        int before = Take(queue, run);
        for (int i = 0; i < 10; i++)
        {
            run.Sent(TimeSpan.FromMilliseconds(1));
            int now = Take(queue, run);
            Assert.True(now >= before);
            before = now;
        }

        Assert.InRange(before, 24, 32);
        Assert.Equal(before * BlockRequest.BlockLength, run.Payload);
        Assert.InRange(run.Messages.Length, run.Payload + before * PeerMessage.PieceHeaderLength, 512 * 1024);
    }

    [Fact]
    public void A_slow_peer_eventually_gets_one_block_at_a_time()
    {
        (UploadQueue queue, BlockRun run) = (Filled(100), new BlockRun());
        for (int i = 0; i < 5; i++)
        {
            Take(queue, run);
            run.Sent(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1, Take(queue, run));
    }

    [Fact]
    public void Blocks_arrive_in_the_order_of_their_requests_and_not_more_than_allowed()
    {
        (UploadQueue queue, BlockRun run) = (Filled(3), new BlockRun());
        Assert.True(run.TryTake(queue, 1));
        Assert.Equal([0], Pieces(run));
        Assert.True(run.TryTake(queue, 100));
        Assert.Equal([1, 2], Pieces(run));
        Assert.False(run.TryTake(queue, 100));
        Assert.Equal((0, 0), (run.Payload, run.Messages.Length));
    }

    [Fact]
    public void It_continues_after_its_buffer_was_returned()
    {
        (UploadQueue queue, BlockRun run) = (Filled(4), new BlockRun());
        Take(queue, run);
        run.Release();
        run.Release();
        Assert.True(run.TryTake(queue, 1));
        Assert.Equal(PeerMessage.PieceHeaderLength + BlockRequest.BlockLength, run.Messages.Length);
    }

    private static UploadQueue Filled(int count)
    {
        var queue = new UploadQueue();
        for (int i = 0; i < count; i++)
            queue.TryAdd(new BlockRequest(i, 0, BlockRequest.BlockLength));
        return queue;
    }

    private static int Take(UploadQueue queue, BlockRun run)
    {
        Assert.True(run.TryTake(queue, int.MaxValue));
        return run.Blocks.Length;
    }

    private static int[] Pieces(BlockRun run) => [.. run.Blocks.ToArray().Select(block => block.Piece)];
}
