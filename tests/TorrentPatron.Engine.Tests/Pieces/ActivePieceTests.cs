using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Pieces;

public sealed class ActivePieceTests
{
    private static readonly IBlockSource Source = new NamedSource("any");
    private static readonly IBlockSource Other = new NamedSource("other");

    private const int Block = BlockRequest.BlockLength;

    private readonly SlabPool _slabs = new();
    private readonly PendingBlock[] _taken = new PendingBlock[16];

    [Fact]
    public void Blocks_are_assigned_in_order_and_once()
    {
        var piece = new ActivePiece(3, 2 * Block + 5);

        Assert.Equal(2, piece.ReserveFree(_taken.AsSpan(0, 2)));
        Assert.Equal([0, 1], _taken.Take(2).Select(t => t.Block));
        Assert.True(piece.HasFree);
        Assert.Equal(1, piece.ReserveFree(_taken));
        Assert.Equal(new BlockRequest(3, 2 * Block, 5), _taken[0].Range);
        Assert.False(piece.HasFree);
        Assert.Equal(0, piece.ReserveFree(_taken));
    }

    [Fact]
    public void A_released_block_is_free_again_and_the_last_one_leaves_the_piece_untouched()
    {
        var piece = new ActivePiece(0, 3 * Block);
        piece.ReserveFree(_taken.AsSpan(0, 3));

        Assert.False(piece.Release(1, null, out _));
        Assert.Equal(1, piece.ReserveFree(_taken));
        Assert.Equal(1, _taken[0].Block);
        Assert.False(piece.Release(0, null, out _));
        Assert.False(piece.Release(1, null, out _));
        Assert.True(piece.Release(2, null, out _));
        Assert.True(piece.Retire(onlyIfUntouched: true));
        Assert.Equal(0, piece.ReserveFree(_taken));
    }

    [Fact]
    public void DropSuspect_drops_the_blocks_of_the_sender_of_fewest_which_gets_no_requests_until_forgiven()
    {
        NamedSource many = new("many"), few = new("few");
        var piece = new ActivePiece(0, 5 * Block);
        piece.ReserveFree(_taken);
        Send(piece, many, 0, 2, 3);
        Send(piece, few, 1, 4);

        Assert.Equal(2 * Block, piece.DropSuspect());
        Assert.Equal((1, false, true), (piece.Prefix, piece.IsComplete, piece.HasFree));
        Assert.Equal((true, false), (piece.MayCome(many), piece.MayCome(few)));
        Assert.Equal(2, piece.ReserveFree(_taken));
        Assert.Equal([1, 4], _taken.Take(2).Select(taken => taken.Block));
        piece.Forgive();
        Assert.True(piece.MayCome(few));
    }

    [Fact]
    public void DropSuspect_drops_nothing_of_a_piece_from_one_source()
    {
        var piece = new ActivePiece(0, 2 * Block);
        piece.ReserveFree(_taken);
        Send(piece, Source, 0, 1);

        Assert.Equal(0, piece.DropSuspect());
        Assert.True(piece.MayCome(Source));
    }

    [Fact]
    public void DropSuspect_reaches_the_sender_of_most_of_a_repeatedly_bad_piece()
    {
        NamedSource liar = new("liar"), one = new("one"), other = new("other");
        var piece = new ActivePiece(0, 8 * Block);
        piece.ReserveFree(_taken);
        Send(piece, liar, 0, 1, 2, 3, 4);
        Send(piece, one, 5, 6, 7);
        Assert.Equal(3 * Block, piece.DropSuspect());
        piece.ReserveFree(_taken);
        Send(piece, other, 5, 6, 7);

        Assert.Equal(5 * Block, piece.DropSuspect());
        Assert.Equal((false, false, true), (piece.MayCome(liar), piece.MayCome(one), piece.MayCome(other)));
    }

    [Fact]
    public void DropSuspect_does_not_drop_the_same_source_again_and_again()
    {
        NamedSource liar = new("liar"), honest = new("honest");
        var piece = new ActivePiece(0, 8 * Block);
        piece.ReserveFree(_taken);
        Send(piece, liar, 0, 1, 2, 3, 4, 5, 6);
        Send(piece, honest, 7);
        Assert.Equal(Block, piece.DropSuspect());
        piece.Forgive();
        piece.ReserveFree(_taken);
        Send(piece, honest, 7);

        Assert.Equal(7 * Block, piece.DropSuspect());
        Assert.Equal((true, false), (piece.MayCome(honest), piece.MayCome(liar)));
    }

    [Fact]
    public void A_dropped_block_requested_from_another_source_is_free_once_that_request_is_released()
    {
        NamedSource many = new("many"), few = new("few");
        var piece = new ActivePiece(0, 3 * Block);
        piece.ReserveFree(_taken);
        piece.ReserveRequested(_taken.AsSpan(0, 1), Other);
        Send(piece, few, 0);
        Send(piece, many, 1, 2);

        piece.DropSuspect();
        Assert.Equal(0, piece.ReserveFree(_taken));
        piece.Release(0, null, out _);
        Assert.Equal(1, piece.ReserveFree(_taken));
        Assert.Equal(0, _taken[0].Block);
    }

    [Fact]
    public void Retire_can_keep_a_piece_with_received_or_requested_blocks()
    {
        var piece = new ActivePiece(0, 2 * Block);
        piece.ReserveFree(_taken.AsSpan(0, 1));
        Assert.False(piece.Retire(onlyIfUntouched: true));
        Add(piece, 0);
        Assert.False(piece.Retire(onlyIfUntouched: true));
        Assert.True(piece.Retire(onlyIfUntouched: false));
        Assert.Equal(0, piece.ReserveFree(_taken));
    }

    [Fact]
    public void The_hashable_part_grows_only_without_gaps()
    {
        var piece = new ActivePiece(0, 2 * Block + 5);
        piece.ReserveFree(_taken);

        Assert.Equal(0, Add(piece, 1));
        Assert.Equal(0, piece.Prefix);
        Assert.Equal(2 * Block, Add(piece, 0));
        Assert.Equal(2, piece.Prefix);
        Assert.False(piece.IsComplete);
        Assert.Equal(5, Add(piece, 2));
        Assert.True(piece.IsComplete);
        Assert.Equal(2 * Block + 5, piece.BytesOf(3));
    }

    [Fact]
    public void In_the_end_game_a_block_is_requested_at_most_twice_and_kept_once()
    {
        var piece = new ActivePiece(0, Block);
        piece.ReserveFree(_taken, Source);
        Assert.Equal(0, piece.ReserveRequested(_taken, Source));
        Assert.True(piece.HasSingle);
        Assert.Equal(1, piece.ReserveRequested(_taken, Other));
        Assert.False(piece.HasSingle);
        Assert.Equal(0, piece.ReserveRequested(_taken, new NamedSource("third")));
        Assert.Equal((Source, Other), piece.AskedFor(0));

        Slab first = _slabs.Rent(Block), second = _slabs.Rent(Block);
        Assert.True(piece.Add(0, first, 0, Source, out bool othersAsked, out long bytes));
        Assert.True(othersAsked);
        Assert.Equal((null, Other), piece.AskedFor(0));
        Assert.Equal(Block, bytes);
        Assert.False(piece.Add(0, second, 0, Other, out othersAsked, out bytes));
        Assert.False(othersAsked);
        Assert.Equal(0, bytes);
        second.Release();
        Assert.Same(second, _slabs.Rent(Block));
    }

    [Fact]
    public void A_block_that_arrived_is_not_free_when_its_other_request_is_released()
    {
        var piece = new ActivePiece(0, 2 * Block);
        piece.ReserveFree(_taken.AsSpan(0, 2));
        piece.ReserveRequested(_taken.AsSpan(0, 1), Other);
        Add(piece, 0);
        piece.Release(0, Other, out bool isFree);

        Assert.False(isFree);
        Assert.False(piece.HasFree);
        Assert.Equal((null, null), piece.AskedFor(0));
    }

    [Fact]
    public void A_block_released_by_one_of_two_sources_may_be_requested_from_a_third()
    {
        var piece = new ActivePiece(0, 2 * Block);
        piece.ReserveFree(_taken.AsSpan(0, 2), Source);
        piece.ReserveRequested(_taken.AsSpan(0, 2), Other);
        Assert.False(piece.HasSingle);

        piece.Release(1, Source, out bool isFree);
        Assert.False(isFree);
        Assert.True(piece.HasSingle);
        Assert.Equal(0, piece.ReserveRequested(_taken, Other));
        var third = new NamedSource("third");
        Assert.Equal(1, piece.ReserveRequested(_taken, third));
        Assert.Equal(1, _taken[0].Block);
        Assert.Equal((third, Other), piece.AskedFor(1));
    }

    [Fact]
    public void An_abandoned_piece_holds_no_slab_and_assigns_no_blocks()
    {
        var piece = new ActivePiece(0, 4 * Block);
        piece.ReserveFree(_taken.AsSpan(0, 2));
        Slab slab = _slabs.Rent(Block);
        piece.Add(0, slab, 0, Source, out _, out _);
        slab.Release();
        piece.Abandon();

        Assert.Same(slab, _slabs.Rent(Block));
        Assert.False(piece.HasFree);
        Assert.Equal(0, piece.ReserveFree(_taken));
        Assert.False(piece.Add(1, slab, 0, Source, out _, out _));
        Assert.Equal(0, piece.ReserveFree(_taken));
    }

    [Fact]
    public void Blocks_on_disk_are_not_assigned_and_count_as_received()
    {
        var piece = new ActivePiece(0, 5 * Block, onDisk: Bits(5, 0, 1, 3));

        Assert.Equal((2, true, false), (piece.Prefix, piece.HasFree, piece.IsComplete));
        Assert.Equal(2, piece.ReserveFree(_taken));
        Assert.Equal([2, 4], _taken.Take(2).Select(t => t.Block));
        Assert.False(piece.Retire(onlyIfUntouched: true));
        Assert.Equal(2 * Block, Add(piece, 2));
        Assert.Equal(Block, Add(piece, 4));
        Assert.True(piece.IsComplete);
        Assert.Equal([0, 1, 3], Set(piece.WrittenBlocks()!));
    }

    [Fact]
    public void A_piece_reports_its_written_blocks_until_it_is_abandoned()
    {
        var piece = new ActivePiece(0, 3 * Block);
        Assert.Null(piece.WrittenBlocks());
        piece.ReserveFree(_taken);
        Add(piece, 0);
        Add(piece, 2);
        Assert.Null(piece.WrittenBlocks());
        piece.ReleaseSlabs(0, 1);
        Assert.Equal([0], Set(piece.WrittenBlocks()!));
        piece.Abandon();
        Assert.Null(piece.WrittenBlocks());
    }

    private static Bitfield Bits(int length, params int[] set)
    {
        var bits = new Bitfield(length);
        foreach (int bit in set)
            bits.Set(bit);
        return bits;
    }

    private static int[] Set(Bitfield field) => [.. Enumerable.Range(0, field.Length).Where(i => field[i])];

    private long Add(ActivePiece piece, int block) => Add(piece, block, Source);

    private long Add(ActivePiece piece, int block, IBlockSource sender)
    {
        Slab slab = _slabs.Rent(Block);
        Assert.True(piece.Add(block, slab, 0, sender, out _, out long bytes));
        slab.Release();
        return bytes;
    }

    private void Send(ActivePiece piece, IBlockSource sender, params int[] blocks)
    {
        foreach (int block in blocks)
            Add(piece, block, sender);
    }
}
