using TorrentPatron.Engine.Pieces;

namespace TorrentPatron.Engine.Tests.Pieces;

/// <summary>A source of blocks that does not choke us and keeps what it is asked for.</summary>
internal sealed class FakeSource : IBlockSource
{
    private ActivePiece? _current;

    public string Name => "a fake";

    public BlockAvailability Availability { get; } = new();

    public bool IsClosed { get; set; }

    public bool IsChoking { get; set; }

    public bool IsSnubbed { get; set; }

    public int Requested => Owed.Count;

    public IReadOnlyCollection<int> AllowedFast { get; set; } = [];

    /// <summary>The blocks that it has been asked for.</summary>
    public List<PendingBlock> Owed { get; } = [];

    public bool MayRequest(int piece) => !IsChoking || AllowedFast.Contains(piece);

    /// <summary>Is asked for blocks; each is named by piece and block.</summary>
    public string[] Reserve(ActivePieces pieces, int most)
    {
        var into = new PendingBlock[most];
        PendingBlock[] taken = into[..pieces.Reserve(this, ref _current, into)];
        Owed.AddRange(taken);
        return [.. taken.Select(NameOf)];
    }

    /// <summary>Is asked for a run of blocks.</summary>
    public string[] Take(Func<List<PendingBlock>, long> reserve)
    {
        var taken = new List<PendingBlock>();
        long bytes = reserve(taken);
        Assert.Equal(taken.Sum(block => (long)block.Range.Length), bytes);
        Owed.AddRange(taken);
        return [.. taken.Select(NameOf)];
    }

    public static string NameOf(PendingBlock block) => $"{block.Piece.Index}.{block.Block}";

    /// <summary>Gives back everything that it owes.</summary>
    /// <returns>Whether any of it is free for others.</returns>
    public bool Release(ActivePieces pieces)
    {
        PendingBlock[] owed = [.. Owed];
        Owed.Clear();
        return pieces.Release(this, owed);
    }
}
