using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Pieces;

public sealed class PieceSelectionTests
{
    private const int Count = 4;
    private const int Length = BlockRequest.BlockLength;

    private readonly PieceSelection _selection = new(new SwarmTorrent(40, Length, (Count * Length) - 100).Metainfo, new Random(1)) { Sequential = true };

    [Fact]
    public void At_first_every_piece_is_wanted_and_none_is_verified()
    {
        Assert.Equal(new PieceProgress((Count * Length) - 100, 0, 0), _selection.Progress);
        Assert.Equal((Count * Length) - 100, _selection.MissingBytes);
        Assert.False(_selection.IsComplete);
        Assert.True(_selection.Verified().IsEmpty);
    }

    [Fact]
    public void SetVerified_counts_bytes_and_reports_when_every_wanted_piece_is_verified()
    {
        Assert.False(_selection.SetVerified(3));
        Assert.Equal(new PieceProgress((Count * Length) - 100, Length - 100, 1), _selection.Progress);
        Assert.Equal(3 * Length, _selection.MissingBytes);
        Assert.True(_selection.Has(3));
        Assert.False(_selection.Has(2));

        _selection.SetPriorities([4, 0, 0, 4], []);
        Assert.Equal(new PieceProgress((2 * Length) - 100, Length - 100, 1), _selection.Progress);
        Assert.True(_selection.SetVerified(0));
        Assert.True(_selection.IsComplete);
        Assert.Equal(2 * Length, _selection.MissingBytes);
    }

    [Fact]
    public void Pick_returns_a_wanted_piece_of_the_source_only_once_until_it_is_released()
    {
        FakeSource source = Source(1, 2);
        Assert.Equal(1, _selection.Pick(source));
        Assert.True(_selection.HasFreeFor(source));
        Assert.Equal(2, _selection.Pick(source));
        Assert.False(_selection.HasFreeFor(source));
        Assert.Equal(-1, _selection.Pick(source));
        Assert.False(_selection.TryPick(2));
        _selection.Return(2);
        Assert.True(_selection.TryPick(2));
        Assert.Equal(-1, _selection.Pick(new FakeSource()));
    }

    [Fact]
    public void Reset_sets_the_verified_pieces_and_starts_none()
    {
        FakeSource seed = Seed();
        Assert.Equal(0, _selection.Pick(seed));
        _selection.SetVerified(1);
        _selection.Reset(Field(2));
        Assert.Equal([2], Ones(_selection.Verified()));
        Assert.Equal((0, 1, 3, -1), (_selection.Pick(seed), _selection.Pick(seed), _selection.Pick(seed), _selection.Pick(seed)));
    }

    [Fact]
    public void A_source_is_interesting_while_it_has_a_wanted_piece_that_we_lack()
    {
        FakeSource source = Source(1);
        FakeSource seed = Seed();
        Assert.True(_selection.IsInteresting(source));
        _selection.SourceLost(source, 1);
        Assert.False(_selection.IsInteresting(source));
        _selection.SourceHas(source, 1);
        _selection.SetVerified(1);
        Assert.True(_selection.NoLongerWanted(source, 1));
        Assert.False(_selection.IsInteresting(source));
        Assert.False(_selection.NoLongerWanted(seed, 1));
        Assert.True(_selection.IsInteresting(seed));

        _selection.SetPriorities([0, 4, 0, 0], [source, seed]);
        Assert.False(_selection.IsInteresting(seed));
        Assert.True(_selection.NoLongerWanted(seed, 1));
        _selection.SetPriorities([4, 4, 4, 4], [source, seed]);
        Assert.True(_selection.IsInteresting(seed));
        _selection.SourceHas(source, 3);
        Assert.True(_selection.IsInteresting(source));
    }

    [Fact]
    public void Repeated_announcements_add_to_a_sources_pieces()
    {
        FakeSource source = Source(0);
        _selection.SourceHas(source, Field(1, 2));
        Assert.Equal([0, 1, 2], Ones(_selection.PiecesOf(source)!));
        _selection.SourceHas(source, 3);
        Assert.True(source.Availability.IsSeed);
        Assert.Null(_selection.PiecesOf(source));
        _selection.SourceLost(source, 3);
        Assert.Equal([0, 1, 2], Ones(_selection.PiecesOf(source)!));
        _selection.SourceHas(source, null);
        Assert.True(source.Availability.IsSeed);
    }

    [Fact]
    public void A_source_that_loses_pieces_and_gets_them_again_scans_all_pieces_once()
    {
        FakeSource source = Seed();
        _selection.SourceLost(source, 3);
        Bitfield counted = source.Availability.Pieces!;
        for (int round = 0; round < 100; round++)
        {
            Assert.False(source.Availability.IsSeed);
            if (round % 2 == 0)
                _selection.SourceHas(source, null);
            else
                _selection.SourceHas(source, 3);
            Assert.True(source.Availability.IsSeed);
            Assert.Null(_selection.PiecesOf(source));
            _selection.SourceLost(source, 3);
            Assert.Same(counted, source.Availability.Pieces);
            Assert.Equal([0, 1, 2], Ones(_selection.PiecesOf(source)!));
        }

        _selection.SourceHas(source, null);
        foreach (int piece in (int[])[0, 1, 2, 3])
        {
            Assert.True(_selection.IsInteresting(source));
            Assert.Equal(piece, _selection.Pick(source));
            _selection.SetVerified(piece);
            Assert.Equal(piece == 3, _selection.NoLongerWanted(source, piece));
        }

        // A lost count would throw here.
        _selection.SourceLeft(source);
        Assert.False(source.Availability.IsSeed);
    }

    [Fact]
    public void Announcements_of_a_closed_source_do_not_count()
    {
        FakeSource source = Source(0);
        source.IsClosed = true;
        _selection.SourceLeft(source);
        _selection.SourceHas(source, 3);
        _selection.SourceHas(source, null);
        _selection.SourceLost(source, 0);
        Assert.True(_selection.PiecesOf(source)!.IsEmpty);
        Assert.False(source.Availability.IsSeed);
    }

    [Fact]
    public async Task Concurrent_announcements_of_sources_are_counted_correctly()
    {
        FakeSource[] sources = [.. Enumerable.Range(0, 8).Select(_ => new FakeSource())];
        await Task.WhenAll(sources.Select(source => Task.Run(() =>
        {
            for (int round = 0; round < 500; round++)
            {
                for (int piece = 0; piece < Count; piece++)
                    _selection.SourceHas(source, piece);
                _selection.SourceLost(source, round % Count);
                _selection.IsInteresting(source);
            }

            _selection.SourceLeft(source);
        })));

        // A lost count would have thrown above, when it fell below zero; no source has anything now.
        FakeSource seed = Seed();
        Assert.Equal(0, _selection.Pick(seed));
        _selection.SourceLeft(seed);
        Assert.Equal(-1, _selection.Pick(new FakeSource()));
    }

    private FakeSource Seed() => FakeSource.With(_selection, null);

    private FakeSource Source(params int[] pieces) => FakeSource.With(_selection, Field(pieces));

    private static Bitfield Field(params int[] pieces)
    {
        var field = new Bitfield(Count);
        foreach (int piece in pieces)
            field.Set(piece);
        return field;
    }

    private static int[] Ones(Bitfield field) => [.. Enumerable.Range(0, field.Length).Where(piece => field[piece])];
}
