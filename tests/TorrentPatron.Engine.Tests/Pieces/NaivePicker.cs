using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Pieces;

/// <summary>The picker's rules in a slow and obvious implementation.</summary>
internal sealed class NaivePicker
{
    public NaivePicker(int pieces)
    {
        Priority = new byte[pieces];
        Priority.AsSpan().Fill(PiecePicker.NormalPriority);
        Availability = new int[pieces];
    }

    public byte[] Priority { get; }

    public int[] Availability { get; }

    public HashSet<int> Started { get; } = [];

    public HashSet<int> Verified { get; } = [];

    private IEnumerable<int> Wanted => Enumerable.Range(0, Priority.Length).Where(piece => Priority[piece] > 0);

    public void Add(Bitfield field, int change)
    {
        for (int piece = 0; piece < field.Length; piece++)
        {
            if (field[piece])
                Availability[piece] += change;
        }
    }

    public List<int> Candidates(Bitfield? has) =>
        [.. Wanted.Where(piece => !Started.Contains(piece) && !Verified.Contains(piece) && (has is null || has[piece]))];

    public void CheckPick(int picked, Bitfield? has)
    {
        List<int> candidates = Candidates(has);
        if (candidates.Count == 0)
        {
            Assert.Equal(-1, picked);
            return;
        }

        Assert.Contains(picked, candidates);
        if (Verified.Count >= 4)
            Assert.Equal(candidates.Min(Key), Key(picked));
    }

    public void CheckCounts(PiecePicker picker, int piece)
    {
        Assert.Equal(Wanted.Count(), picker.Wanted);
        Assert.Equal(Wanted.Count(p => !Verified.Contains(p)), picker.WantedLeft);
        Assert.Equal(Candidates(null).Count, picker.Free);
        Assert.Equal(Verified.Count, picker.VerifiedCount);
        Assert.Equal(Availability[piece], picker.Availability(piece));
        Assert.Equal(Priority[piece] > 0 && !Verified.Contains(piece), picker.IsWanted(piece));
    }

    private int Key(int piece) => (Availability[piece] + 1) * (8 - Priority[piece]);
}
