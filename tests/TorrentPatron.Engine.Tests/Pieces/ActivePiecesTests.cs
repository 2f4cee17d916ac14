using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Pieces;

public sealed class ActivePiecesTests : IPieceDisk, IPieceResults
{
    private const int Block = BlockRequest.BlockLength;
    private const int Blocks = 4;
    private const int Count = 4;

    private readonly SlabPool _slabs = new();
    private readonly List<int> _posted = [];
    private readonly PieceSelection _selection;
    private readonly ActivePieces _pieces;
    private Instant _now = Instant.Now(TimeProvider.System);

    public ActivePiecesTests()
    {
        TorrentMetainfo metainfo = new SwarmTorrent(41, Blocks * Block, Count * Blocks * Block).Metainfo;
        _selection = new PieceSelection(metainfo, new Random(1)) { Sequential = true };
        _pieces = new ActivePieces(_selection, (index, onDisk) =>
        {
            var piece = new ActivePiece(index, Blocks * Block, held: null, onDisk) { BegunAt = _now };
            piece.Finisher = new PieceFinisher(piece, PieceVerifier.For(metainfo), 0, this, this);
            return piece;
        });
        _pieces.Open();
    }

    [Fact]
    public void Reserve_takes_the_blocks_of_one_piece_after_the_other()
    {
        FakeSource source = Seed();
        Assert.Equal(["0.0", "0.1", "0.2"], source.Reserve(_pieces, 3));
        Assert.Equal(["0.3", "1.0"], source.Reserve(_pieces, 2));
        Assert.Equal(["2.0", "2.1"], Seed().Reserve(_pieces, 2));
    }

    [Fact]
    public void A_source_joins_a_piece_begun_by_another_if_it_has_no_other()
    {
        FakeSource one = Source(2), other = Source(2);
        Assert.Equal(["2.0"], one.Reserve(_pieces, 1));
        Assert.Equal(["2.1", "2.2", "2.3"], other.Reserve(_pieces, 9));
        Assert.Empty(new FakeSource().Reserve(_pieces, 4));
    }

    [Fact]
    public void Nothing_is_begun_while_it_is_closed_and_Close_returns_the_pieces_in_flight()
    {
        FakeSource source = Seed();
        source.Reserve(_pieces, Blocks + 1);
        Assert.Equal([0, 1], _pieces.Close().Select(piece => piece.Index));
        Assert.False(_pieces.IsOpen);
        Assert.Empty(Seed().Reserve(_pieces, 4));
        _pieces.Open();
        Assert.Equal(["2.0"], Seed().Reserve(_pieces, 1));
    }

    [Fact]
    public void A_run_spans_pieces_and_continues_where_it_ended()
    {
        FakeSource source = Seed();
        Assert.Equal(["0.0", "0.1", "0.2", "0.3", "1.0", "1.1"], Run(source, most: 6 * Block));
        Assert.Equal(["1.2", "1.3", "2.0"], Run(source, most: 3 * Block, next: 1));
        Assert.Equal(["2.1"], Run(source, most: 1, next: 2));
    }

    [Fact]
    public void A_run_ends_before_blocks_requested_from_another_source_or_missing_at_this_one()
    {
        FakeSource other = Source(1);
        other.Reserve(_pieces, 2);
        FakeSource source = Seed();
        Assert.Equal(["0.0", "0.1", "0.2", "0.3"], Run(source, most: 99 * Block));
        Assert.Equal(["2.0", "2.1", "2.2", "2.3", "3.0", "3.1", "3.2", "3.3"], Run(source, most: 99 * Block));
        Assert.Equal(["1.2", "1.3"], Run(source, most: 99 * Block));
        Assert.Empty(Run(source, most: 99 * Block));

        source.Release(_pieces);
        Assert.Equal(["0.0", "0.1", "0.2", "0.3"], Run(Source(0, 2), most: 99 * Block));
    }

    [Fact]
    public void A_run_can_be_extended_only_by_the_blocks_right_after_it()
    {
        FakeSource source = Seed();
        Run(source, most: 2 * Block);
        Assert.Equal(["0.2", "0.3", "1.0"], Behind(source, most: 3 * Block));
        Seed().Reserve(_pieces, 1);
        Assert.Equal(["1.1", "1.2", "1.3"], Behind(source, most: 99 * Block));
        Assert.Empty(Behind(source, most: Block));
    }

    [Fact]
    public void In_the_end_game_a_run_is_the_requested_blocks_of_one_other_source()
    {
        FakeSource peer = Source(0);
        peer.Reserve(_pieces, Blocks);
        FakeSource source = Source(0);
        Assert.Empty(Run(source, most: 9 * Block));
        Give(peer, "0.1");
        Assert.Equal(["0.0"], Owed(source, most: 9 * Block));
        Assert.Equal(["0.2", "0.3"], Owed(source, most: 9 * Block));
        Assert.Empty(Owed(source, most: 9 * Block));
    }

    private string[] Run(FakeSource source, long most, int next = -1) => source.Take(into => _pieces.ReserveRun(source, next, most, into));

    private string[] Behind(FakeSource source, long most) => source.Take(into => _pieces.ReserveBehind(source, source.Owed[^1], most, into));

    private string[] Owed(FakeSource source, long most) => source.Take(into => _pieces.ReserveOwedRun(source, most, into));

    [Fact]
    public void A_source_that_chokes_us_is_asked_only_for_pieces_that_it_allows()
    {
        FakeSource source = Seed();
        source.IsChoking = true;
        Assert.Empty(source.Reserve(_pieces, 16));
        source.AllowedFast = [3];
        Assert.Equal(["3.0", "3.1", "3.2", "3.3"], source.Reserve(_pieces, 16));
    }

    [Fact]
    public void A_piece_with_every_block_released_counts_as_never_begun_and_one_with_a_block_stays()
    {
        FakeSource source = Source(1);
        source.Reserve(_pieces, 4);
        ActivePiece first = source.Owed[0].Piece;
        source.Release(_pieces);
        Assert.Empty(_pieces.Close());
        _pieces.Open();

        FakeSource other = Source(1);
        other.Reserve(_pieces, 4);
        ActivePiece second = other.Owed[0].Piece;
        Assert.NotSame(first, second);
        Give(other, "1.0");
        other.Release(_pieces);
        Assert.Same(second, Assert.Single(_pieces.Close()));
    }

    [Fact]
    public void In_the_end_game_blocks_are_requested_from_two_sources_few_at_a_time_and_not_from_a_snubbed_one()
    {
        FakeSource one = Seed();
        Assert.Equal(Count * Blocks, one.Reserve(_pieces, 100).Length);
        Assert.Empty(one.Reserve(_pieces, 4));

        FakeSource snubbed = Seed();
        snubbed.IsSnubbed = true;
        Assert.Empty(snubbed.Reserve(_pieces, 100));
        Assert.Equal(ActivePieces.EndGameRequests, Seed().Reserve(_pieces, 100).Length);
        Assert.Equal(ActivePieces.EndGameRequests, Seed().Reserve(_pieces, 100).Length);
        Assert.Empty(Seed().Reserve(_pieces, 100));
    }

    [Fact]
    public void A_released_block_is_free_only_if_it_is_missing_and_not_requested_from_another_source()
    {
        FakeSource one = Seed(), other = Seed();
        one.Reserve(_pieces, Count * Blocks);
        string[] twice = other.Reserve(_pieces, 2);
        Give(one, twice[0]);

        Assert.False(other.Release(_pieces));
        Assert.True(one.Release(_pieces));
        Assert.Equal(Count * Blocks - 1, Seed().Reserve(_pieces, 100).Length);
    }

    [Fact]
    public void Blocks_dropped_from_a_bad_piece_are_requested_first_but_not_from_their_senders_until_forgiven()
    {
        FakeSource one = Seed(), other = Seed();
        one.Reserve(_pieces, 1);
        ActivePiece piece = one.Owed[0].Piece;
        Give(one, "0.0");
        one.Reserve(_pieces, 2);
        Give(one, "0.1");
        Give(one, "0.2");
        PendingBlock[] last = new PendingBlock[1];
        piece.ReserveFree(last);
        other.Owed.Add(last[0]);
        Give(other, "0.3");
        Assert.Equal(Block, piece.DropSuspect());
        Assert.True(_pieces.Mend(piece, _now));

        Assert.Equal(["1.0"], other.Reserve(_pieces, 1));
        var patience = TimeSpan.FromSeconds(10);
        _pieces.Forgive(_now + TimeSpan.FromSeconds(9), patience);
        Assert.Equal(["1.1"], other.Reserve(_pieces, 1));
        FakeSource third = Seed();
        Assert.Equal(["0.3"], third.Reserve(_pieces, 1));
        third.Release(_pieces);
        _pieces.Forgive(_now + patience, patience);
        Assert.Equal(["0.3"], Seed().Reserve(_pieces, 1));
        Assert.True(piece.MayCome(other));
        Assert.False(_pieces.Mend(new ActivePiece(0, Block), _now));
    }

    [Fact]
    public void TryComplete_removes_a_piece_once_and_reports_the_last_one()
    {
        FakeSource source = Seed();
        source.Reserve(_pieces, 100);
        ActivePiece[] pieces = _pieces.Close();
        Assert.All(pieces[..^1], piece => Assert.True(_pieces.TryComplete(piece, out bool isComplete) && !isComplete));
        Assert.True(_pieces.TryComplete(pieces[^1], out bool isLast));
        Assert.True(isLast);
        Assert.False(_pieces.TryComplete(pieces[0], out _));
        Assert.False(_pieces.GiveUp(pieces[0]));
        Assert.Equal(Count, _selection.Progress.VerifiedPieces);
    }

    [Fact]
    public void An_abandoned_piece_with_blocks_on_disk_is_continued_first_and_read_back()
    {
        FakeSource source = Source(2);
        source.Reserve(_pieces, 4);
        Assert.True(_pieces.GiveUp(source.Owed[0].Piece, Field(Blocks, 1, 3)));
        UnfinishedPiece unfinished = Assert.Single(_pieces.Unfinished());
        Assert.Equal((2, 2), (unfinished.Piece, unfinished.Blocks.Count));
        Assert.Empty(_posted);

        Assert.Equal(["2.0", "2.2", "0.0"], Seed().Reserve(_pieces, 3));
        Assert.Equal([2], _posted);
        Assert.Equal(2, Assert.Single(_pieces.Unfinished()).Blocks.Count);
    }

    [Fact]
    public void Reset_forgets_pieces_in_flight_and_sets_or_keeps_unfinished_ones()
    {
        Seed().Reserve(_pieces, 4);
        _pieces.Reset(Field(Count, 0), [new UnfinishedPiece(1, Field(Blocks, 0)), new UnfinishedPiece(2, Field(Blocks, 0))]);
        Assert.Empty(_pieces.Close());
        Assert.Equal([1, 2], _pieces.Unfinished().Select(piece => piece.Piece));
        _pieces.Reset(Field(Count, 0, 1), null);
        Assert.Equal([2], _pieces.Unfinished().Select(piece => piece.Piece));
        Assert.True(_selection.Has(1));
    }

    [Fact]
    public void BegunUntil_and_WithMostHeld_find_pieces_to_be_written()
    {
        Assert.Null(_pieces.WithMostHeld());
        FakeSource source = Seed();
        source.Reserve(_pieces, Blocks);
        Instant first = _now;
        _now += TimeSpan.FromSeconds(1);
        source.Reserve(_pieces, Blocks);
        Assert.Equal([0], _pieces.BegunUntil(first).Select(piece => piece.Index));
        Assert.Equal([0, 1], _pieces.BegunUntil(_now).Select(piece => piece.Index));

        Assert.Null(_pieces.WithMostHeld());
        Give(source, "0.1");
        Give(source, "1.2");
        Give(source, "1.1");
        Assert.Equal(1, _pieces.WithMostHeld()!.Index);
    }

    [Fact]
    public async Task Every_block_is_requested_once_from_many_sources_at_once()
    {
        FakeSource[] sources = [.. Enumerable.Range(0, 4).Select(_ => Seed())];
        string[][] taken = await Task.WhenAll(sources.Select(source => Task.Run(() =>
        {
            List<string> all = [];
            for (int i = 0; i < 4; i++)
                all.AddRange(source.Reserve(_pieces, 1));
            return all.ToArray();
        })));
        Assert.Equal(Count * Blocks, taken.SelectMany(blocks => blocks).Distinct().Count());
    }

    void IPieceDisk.Post(PieceFinisher finisher) => _posted.Add(finisher.Piece.Index);

    void IPieceDisk.Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> blocks) => Assert.Fail("Nothing is written.");

    void IPieceDisk.Read(long offset, Span<byte> buffer) => Assert.Fail("Nothing is read.");

    void IPieceDisk.BytesProcessed(long bytes) => Assert.Fail("Nothing is hashed.");

    bool IPieceResults.IsSuspect(int piece) => false;

    void IPieceResults.PieceGood(PieceFinisher finisher, BlockFingerprints? prints) => Assert.Fail("Nothing is hashed.");

    void IPieceResults.PieceBad(PieceFinisher finisher, BlockFingerprints prints) => Assert.Fail("Nothing is hashed.");

    void IPieceResults.BlocksDropped(PieceFinisher finisher, long bytes, BlockFingerprints? prints) => Assert.Fail("Nothing is dropped.");

    void IPieceResults.PieceParked(PieceFinisher finisher, Bitfield? onDisk) => Assert.Fail("Nothing is parked.");

    void IPieceResults.PieceNotWritten(PieceFinisher finisher, Bitfield? onDisk, StorageException error) => Assert.Fail(error.Message);

    void IPieceResults.PieceFaulted(PieceFinisher finisher, Exception fault) => Assert.Fail(fault.ToString());

    private FakeSource Seed() => FakeSource.With(_selection, null);

    private FakeSource Source(params int[] pieces) => FakeSource.With(_selection, Field(Count, pieces));

    /// <summary>Makes a source send one of its requested blocks.</summary>
    private void Give(FakeSource source, string name)
    {
        PendingBlock block = source.Owed.Single(owed => FakeSource.NameOf(owed) == name);
        Slab slab = _slabs.Rent(Block);
        Assert.True(block.Piece.Add(block.Block, slab, 0, source, out _, out _));
        slab.Release();
        source.Owed.Remove(block);
    }

    private static Bitfield Field(int length, params int[] ones)
    {
        var field = new Bitfield(length);
        foreach (int one in ones)
            field.Set(one);
        return field;
    }
}
