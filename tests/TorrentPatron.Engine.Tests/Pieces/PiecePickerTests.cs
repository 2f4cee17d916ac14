using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Pieces;

public sealed class PiecePickerTests
{
    [Fact]
    public void The_rarest_piece_comes_first_once_a_few_pieces_are_verified()
    {
        PiecePicker picker = AfterTheFirstPieces(pieces: 10);
        picker.AddPeer(Field(10, 5, 6, 7, 8, 9));
        picker.AddPeer(Field(10, 5, 6, 7, 8));
        picker.AddPeer(Field(10, 5, 7, 8));

        Assert.Equal(4, picker.Pick(null));
        Assert.Equal(9, picker.Pick(null));
        Assert.Equal(6, picker.Pick(Field(10, 5, 6, 7, 8)));
        Assert.Contains(picker.Pick(null), new[] { 5, 7, 8 });
    }

    [Fact]
    public void A_piece_of_higher_priority_comes_before_an_equally_rare_one()
    {
        PiecePicker picker = AfterTheFirstPieces(pieces: 12);
        picker.SetPriority(7, 1);
        picker.SetPriority(11, 7);
        for (int piece = 4; piece < 12; piece++)
            picker.Have(piece);

        Assert.Equal(11, picker.Pick(null));
        for (int i = 0; i < 6; i++)
            Assert.NotEqual(7, picker.Pick(null));
        Assert.Equal(7, picker.Pick(null));
        Assert.Equal(-1, picker.Pick(null));
    }

    [Fact]
    public void A_suggested_piece_comes_before_others_that_are_about_as_rare()
    {
        PiecePicker picker = AfterTheFirstPieces(pieces: 40);
        for (int piece = 4; piece < 40; piece++)
            picker.Have(piece);
        for (int i = 0; i < 3; i++)
            picker.Have(30);
        picker.Have(20);

        Assert.Equal(25, picker.Pick(null, [25]));
        // Two peers have it, one has the rarest; four have piece 30, which is left for later.
        Assert.Equal(20, picker.Pick(null, [30, 20]));
        Assert.NotEqual(30, picker.Pick(null, [30]));
    }

    [Fact]
    public void A_suggestion_counts_only_if_the_peer_has_the_piece_and_it_is_wanted_and_free()
    {
        PiecePicker picker = AfterTheFirstPieces(pieces: 12);
        picker.SetPriority(6, 0);
        picker.SetPriority(7, 1);
        Assert.True(picker.TryPick(8));
        Assert.Equal(9, picker.Pick(Field(12, 6, 7, 8, 9), [-1, 12, int.MaxValue, 2, 6, 7, 8, 10]));
        Assert.Equal(10, picker.Pick(Field(12, 10, 11), [4, 10]));
    }

    [Fact]
    public void A_suggestion_does_not_break_the_order_of_pieces_fetched_in_order()
    {
        var picker = new PiecePicker(12, new Random(1)) { Sequential = true };
        Assert.Equal(0, picker.Pick(null, [9]));
    }

    [Fact]
    public void A_skipped_piece_is_not_picked_until_it_has_a_priority_again()
    {
        var picker = new PiecePicker(2, new Random(1));
        picker.SetPriority(0, 0);

        Assert.Equal((1, 1, 1), (picker.Wanted, picker.WantedLeft, picker.Free));
        Assert.False(picker.HasFreeFor(Field(2, 0)));
        Assert.Equal(1, picker.Pick(null));
        Assert.Equal(-1, picker.Pick(null));

        picker.SetPriority(0, 4);
        Assert.Equal(0, picker.Pick(null));
        Assert.Equal((2, 2, 0), (picker.Wanted, picker.WantedLeft, picker.Free));
    }

    [Fact]
    public void A_started_piece_is_interesting_but_not_free_until_it_is_abandoned()
    {
        var picker = new PiecePicker(1, new Random(1));
        Assert.Equal(0, picker.Pick(null));
        Assert.True(picker.HasWantedFor(Field(1, 0)));
        Assert.False(picker.HasFreeFor(Field(1, 0)));

        picker.Return(0);
        Assert.True(picker.HasFreeFor(null));

        picker.Verified(0);
        picker.Return(0);
        Assert.False(picker.HasWantedFor(null));
        Assert.False(picker.IsWanted(0));

        picker.Unverified(0);
        Assert.Equal(0, picker.Pick(null));
    }

    [Fact]
    public void Seeds_count_in_the_availability_of_every_piece()
    {
        var picker = new PiecePicker(2, new Random(1));
        picker.AddSeed();
        picker.AddSeed();
        picker.Have(1);
        Assert.Equal((2, 3), (picker.Availability(0), picker.Availability(1)));

        picker.RemoveSeed();
        picker.RemoveSeed();
        Assert.Equal((0, 1), (picker.Availability(0), picker.Availability(1)));
        Assert.Throws<InvalidOperationException>(picker.RemoveSeed);
    }

    [Fact]
    public void The_first_pieces_and_equally_rare_ones_are_picked_at_random()
    {
        var firsts = new HashSet<int>();
        var equals = new HashSet<int>();
        for (int seed = 0; seed < 200; seed++)
        {
            var picker = new PiecePicker(20, new Random(seed));
            picker.Have(3);
            firsts.Add(picker.Pick(null));
            picker = AfterTheFirstPieces(20, seed);
            equals.Add(picker.Pick(null));
        }

        Assert.Equal(20, firsts.Count);
        Assert.Equal(16, equals.Count);
    }

    [Fact]
    public void A_peer_with_one_piece_of_very_many_gets_that_piece()
    {
        const int Pieces = 100_003;
        PiecePicker picker = AfterTheFirstPieces(Pieces);
        Assert.Equal(100_001, picker.Pick(Field(Pieces, 100_001)));
        Assert.Equal(-1, picker.Pick(Field(Pieces, 100_001)));
        Assert.Equal(100_002, picker.Pick(Field(Pieces, 100_001, 100_002)));
    }

    [Fact]
    public void A_torrent_without_pieces_has_none_to_pick()
    {
        var picker = new PiecePicker(0, new Random(1));
        picker.AddPeer(new Bitfield(0));
        Assert.Equal(-1, picker.Pick(null));
        Assert.False(picker.HasFreeFor(null));
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 40)]
    [InlineData(3, 64)]
    [InlineData(4, 700)]
    [InlineData(5, 129)]
    public void It_agrees_with_a_naive_model_after_random_operations(int seed, int pieces)
    {
        var random = new Random(seed);
        var picker = new PiecePicker(pieces, new Random(seed + 1000));
        var model = new NaivePicker(pieces);
        var peers = new List<Bitfield>();

        for (int step = 0; step < 6000; step++)
        {
            int piece = random.Next(pieces);
            switch (random.Next(13))
            {
                case 0:
                    byte priority = (byte)random.Next(8);
                    picker.SetPriority(piece, priority);
                    model.Priority[piece] = priority;
                    break;
                case 1 when peers.Count < 30:
                    Bitfield field = RandomField(random, pieces);
                    peers.Add(field);
                    picker.AddPeer(field);
                    model.Add(field, 1);
                    break;
                case 2 when peers.Count > 0:
                    Bitfield gone = peers[random.Next(peers.Count)];
                    peers.Remove(gone);
                    picker.RemovePeer(gone);
                    model.Add(gone, -1);
                    break;
                case 3 or 4 when peers.Count > 0 && peers[random.Next(peers.Count)] is var peer:
                    if (peer.Set(piece))
                    {
                        picker.Have(piece);
                        model.Availability[piece]++;
                    }
                    else if (peer.Clear(piece))
                    {
                        picker.LostHave(piece);
                        model.Availability[piece]--;
                    }

                    break;
                case 5 or 6:
                    picker.Return(piece);
                    model.Started.Remove(piece);
                    break;
                case 7 when random.Next(4) == 0 || model.Verified.Count < 6:
                    picker.Verified(piece);
                    model.Verified.Add(piece);
                    model.Started.Remove(piece);
                    break;
                case 8:
                    picker.Unverified(piece);
                    model.Verified.Remove(piece);
                    break;
                default:
                    Bitfield? has = peers.Count == 0 || random.Next(3) == 0 ? null : peers[random.Next(peers.Count)];
                    Assert.Equal(model.Candidates(has).Count > 0, picker.HasFreeFor(has));
                    int picked = picker.Pick(has);
                    model.CheckPick(picked, has);
                    if (picked >= 0)
                        model.Started.Add(picked);
                    break;
            }

            model.CheckCounts(picker, piece);
        }
    }

    private static PiecePicker AfterTheFirstPieces(int pieces, int seed = 1)
    {
        var picker = new PiecePicker(pieces, new Random(seed));
        for (int piece = 0; piece < 4; piece++)
            picker.Verified(piece);
        return picker;
    }

    private static Bitfield Field(int length, params int[] set)
    {
        var field = new Bitfield(length);
        foreach (int piece in set)
            field.Set(piece);
        return field;
    }

    private static Bitfield RandomField(Random random, int length)
    {
        var field = new Bitfield(length);
        double share = random.Next(3) switch { 0 => 0.02, 1 => 0.5, _ => 0.95 };
        for (int piece = 0; piece < length; piece++)
        {
            if (random.NextDouble() < share)
                field.Set(piece);
        }

        return field;
    }
}
