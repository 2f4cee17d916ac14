using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class RequestQueueTests
{
    private readonly ActivePiece _piece = new(5, 100 * BlockRequest.BlockLength);
    private readonly RequestQueue _queue = new();

    [Fact]
    public void Answered_requests_are_found_at_any_position_and_the_order_stays()
    {
        Add(40);
        Assert.True(_queue.TryTake(_piece.RangeOf(20), out PendingBlock block));
        Assert.Equal(20, block.Block);
        Assert.False(_queue.TryTake(_piece.RangeOf(20), out _));
        Assert.True(_queue.TryTake(_piece.RangeOf(0), out _));
        Assert.True(_queue.TryTake(new PendingBlock(_piece, 39)));
        Assert.False(_queue.TryTake(new PendingBlock(_piece, 39)));
        Assert.False(_queue.TryTake(new PendingBlock(new ActivePiece(5, 100 * BlockRequest.BlockLength), 21)));
        Assert.Equal(37, _queue.Count);

        PendingBlock[] all = _queue.TakeAll();
        Assert.Equal(Enumerable.Range(1, 38).Where(i => i != 20), all.Select(b => b.Block));
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void A_range_of_a_different_length_does_not_answer_the_request()
    {
        Add(1);
        Assert.False(_queue.TryTake(_piece.RangeOf(0) with { Length = 1 }, out _));
        Assert.False(_queue.TryTake(_piece.RangeOf(0) with { Piece = 6 }, out _));
    }

    [Fact]
    public void Slow_start_adds_one_per_block_and_ends_when_the_rate_no_longer_grows()
    {
        int before = _queue.Depth;
        for (int i = 0; i < 50; i++)
            _queue.BlockArrived();
        Assert.Equal(before + 50, _queue.Depth);

        Add(1);
        _queue.Follow(1_000_000);
        Assert.Equal(before + 50, _queue.Depth);
        _queue.Follow(1_000_000);
        Assert.Equal(1_000_000 * 3 / BlockRequest.BlockLength, _queue.Depth);
        _queue.Follow(1);
        Assert.Equal(2, _queue.Depth);
    }

    [Theory]
    [InlineData(int.MaxValue, 500)]
    [InlineData(100, 100)]
    [InlineData(1, 2)]
    public void The_depth_stays_below_the_peers_queue_and_500(int limit, int most)
    {
        _queue.SetPeerLimit(limit);
        for (int i = 0; i < 2000; i++)
            _queue.BlockArrived();
        Assert.Equal(most, _queue.Depth);
    }

    [Fact]
    public void A_snubbed_peer_is_asked_for_one_block_until_it_sends_one()
    {
        for (int i = 0; i < 20; i++)
            _queue.BlockArrived();
        _queue.Snub();
        Assert.Equal(1, _queue.Depth);
        _queue.Follow(1_000_000);
        Assert.Equal(1, _queue.Depth);
        _queue.BlockArrived();
        Assert.False(_queue.IsSnubbed);
        Assert.Equal(2, _queue.Depth);
    }

    [Fact]
    public void Overdue_requests_are_withdrawn_and_few_are_made_afterwards()
    {
        for (int i = 0; i < 20; i++)
            _queue.BlockArrived();
        Add(20, now: 100);
        Add(10, now: 200);
        Assert.Empty(_queue.TakeOverdue(100));
        Assert.True(_queue.TryTake(_piece.RangeOf(3), out _));

        Assert.Equal(Enumerable.Range(0, 20).Where(i => i != 3), _queue.TakeOverdue(150).Select(b => b.Block));
        Assert.Equal(10, _queue.Count);
        Assert.Equal(2, _queue.Depth);
        Assert.False(_queue.IsSnubbed);
    }

    private void Add(int blocks, long now = 0)
    {
        var pending = new PendingBlock[blocks];
        _piece.ReserveFree(pending);
        _queue.Add(pending, now);
    }
}
