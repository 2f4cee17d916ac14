using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class StartPlanTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void Where_nothing_was_saved_everything_that_can_be_there_is_checked()
    {
        File.WriteAllBytes(_folder["a"], new byte[20]);
        StartPlan plan = Make(null);

        Assert.True(plan.Trusted.IsEmpty);
        Assert.Equal([0, 1], Set(plan.ToCheck));
    }

    [Fact]
    public void Saved_pieces_are_trusted_but_for_the_doubtful_and_those_whose_file_is_gone()
    {
        File.WriteAllBytes(_folder["a"], new byte[20]);
        StartPlan plan = Make(Saved(Bits(0, 1, 2, 3)) with { Doubtful = Bits(1, 3) });

        Assert.Equal([0], Set(plan.Trusted));
        Assert.Equal([1], Set(plan.ToCheck));
    }

    [Fact]
    public void A_file_that_another_program_has_touched_since_is_checked()
    {
        File.WriteAllBytes(_folder["a"], new byte[20]);
        File.WriteAllBytes(_folder["b"], new byte[20]);
        ResumeData saved = Saved(Bits(0, 1, 2, 3)) with { ClosedInOrder = true, Files = Storage().Stamps() };
        Assert.Equal([0, 1, 2, 3], Set(Make(saved).Trusted));

        File.SetLastWriteTimeUtc(_folder["b"], DateTime.UnixEpoch);
        StartPlan plan = Make(saved);
        Assert.Equal([0, 1], Set(plan.Trusted));
        Assert.Equal([2, 3], Set(plan.ToCheck));
    }

    [Fact]
    public void What_was_saved_of_another_place_or_is_to_be_rechecked_is_not_believed()
    {
        File.WriteAllBytes(_folder["a"], new byte[20]);
        Assert.True(Make(Saved(Bits(0)) with { Destination = "/elsewhere" }).Trusted.IsEmpty);
        Assert.True(Make(Saved(new Bitfield(3))).Trusted.IsEmpty);
        Assert.Equal([0, 1], Set(StartPlan.Make(Storage(), Claim(), Saved(Bits(0)), recheck: true, TorrentChoices.None).ToCheck));
    }

    public void Dispose() => _folder.Dispose();

    private StartPlan Make(ResumeData? data) => StartPlan.Make(Storage(), Claim(), data, recheck: false, TorrentChoices.None);

    private static PathClaim Claim() => new(default, "a", new MemoryResumeStore(), new PathTable());

    private TorrentStorage Storage() =>
        new(new FileLayout(_folder.Path, "a", 10, [("a", 20, true), ("b", 20, true)]), new FileHandlePool());

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
