using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class StartPlanTests : IDisposable
{
    private const int PieceLength = 32 * 1024;

    private readonly TempFolder _folder = new();

    [Fact]
    public void Without_saved_state_all_existing_data_is_checked()
    {
        File.WriteAllBytes(_folder["a"], new byte[2 * PieceLength]);
        StartPlan plan = Make(null);

        Assert.True(plan.Trusted.IsEmpty);
        Assert.Equal([0, 1], Set(plan.ToCheck));
    }

    [Fact]
    public void Saved_pieces_are_trusted_except_doubtful_ones_and_those_of_missing_files()
    {
        File.WriteAllBytes(_folder["a"], new byte[2 * PieceLength]);
        StartPlan plan = Make(Saved(Bits(0, 1, 2, 3)) with { Doubtful = Bits(1, 3) });

        Assert.Equal([0], Set(plan.Trusted));
        Assert.Equal([1], Set(plan.ToCheck));
    }

    [Fact]
    public void A_file_changed_by_another_program_is_checked()
    {
        File.WriteAllBytes(_folder["a"], new byte[2 * PieceLength]);
        File.WriteAllBytes(_folder["b"], new byte[2 * PieceLength]);
        ResumeData saved = Saved(Bits(0, 1, 2, 3)) with { ClosedInOrder = true, Files = Storage().Stamps() };
        Assert.Equal([0, 1, 2, 3], Set(Make(saved).Trusted));

        File.SetLastWriteTimeUtc(_folder["b"], DateTime.UnixEpoch);
        StartPlan plan = Make(saved);
        Assert.Equal([0, 1], Set(plan.Trusted));
        Assert.Equal([2, 3], Set(plan.ToCheck));
    }

    [Fact]
    public void State_saved_for_another_folder_or_marked_for_a_recheck_is_not_trusted()
    {
        File.WriteAllBytes(_folder["a"], new byte[2 * PieceLength]);
        Assert.True(Make(Saved(Bits(0)) with { Destination = "/elsewhere" }).Trusted.IsEmpty);
        Assert.True(Make(Saved(new Bitfield(3))).Trusted.IsEmpty);
        Assert.Equal([0, 1], Set(StartPlan.Make(Storage(), Claim(), Saved(Bits(0)), recheck: true, TorrentChoices.None, isDestinationSaved: false).ToCheck));
    }

    [Fact]
    public void Unfinished_pieces_continue_if_their_file_exists_and_they_are_not_verified()
    {
        File.WriteAllBytes(_folder["a"], new byte[2 * PieceLength]);
        ResumeData saved = Saved(Bits(0)) with
        {
            Unfinished =
            [
                new UnfinishedPiece(0, Blocks(2, 0)), new UnfinishedPiece(1, Blocks(2, 1)), new UnfinishedPiece(2, Blocks(2, 1)),
                new UnfinishedPiece(9, Blocks(2, 1)),
            ],
        };

        Assert.Equal([1], Make(saved).Unfinished.Select(piece => piece.Piece));
        Assert.Equal([0, 1], StartPlan.Make(Storage(), Claim(), saved, recheck: true, TorrentChoices.None, isDestinationSaved: false).Unfinished.Select(piece => piece.Piece));
        Assert.Empty(Make(saved with { Destination = "/elsewhere" }).Unfinished);
        Assert.Equal(
            [1],
            StartPlan.MakeAgain(Storage(), Claim(), null, Bits(0), null, isAllDoubtful: false, TorrentChoices.None, saved.Unfinished)
                .Unfinished.Select(piece => piece.Piece));
    }

    [Fact]
    public void An_unfinished_piece_with_every_block_is_checked_and_an_invalid_one_does_not_count()
    {
        File.WriteAllBytes(_folder["a"], new byte[2 * PieceLength]);
        StartPlan plan = Make(Saved(Bits()) with
        {
            Unfinished = [new UnfinishedPiece(0, Blocks(2, 0, 1)), new UnfinishedPiece(1, Blocks(3, 1))],
        });

        Assert.Empty(plan.Unfinished);
        Assert.Equal([0], Set(plan.ToCheck));
    }

    public void Dispose() => _folder.Dispose();

    private static Bitfield Blocks(int count, params int[] set)
    {
        var blocks = new Bitfield(count);
        foreach (int block in set)
            blocks.Set(block);
        return blocks;
    }

    private StartPlan Make(ResumeData? data) => StartPlan.Make(Storage(), Claim(), data, recheck: false, TorrentChoices.None, isDestinationSaved: false);

    private static PathClaim Claim() => new(default, "a", new MemoryResumeStore(), new PathTable());

    private TorrentStorage Storage() =>
        new(new FileLayout(_folder.Path, "a", PieceLength, [("a", 2 * PieceLength, true), ("b", 2 * PieceLength, true)]), new FileHandlePool());

    private ResumeData Saved(Bitfield verified) => new() { Verified = verified, Destination = _folder.Path };

    private static Bitfield Bits(params int[] pieces)
    {
        var field = new Bitfield(4);
        foreach (int piece in pieces)
            field.Set(piece);
        return field;
    }

    private static int[] Set(Bitfield field) => [.. Enumerable.Range(0, field.Length).Where(i => field[i])];
}
