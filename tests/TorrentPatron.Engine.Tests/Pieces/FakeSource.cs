using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Pieces;

/// <summary>A source of blocks that does not choke us and records requests.</summary>
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

    /// <summary>The requested blocks.</summary>
    public List<PendingBlock> Owed { get; } = [];

    /// <summary>Makes a source that has pieces; null means all.</summary>
    public static FakeSource With(PieceSelection selection, Bitfield? pieces)
    {
        var source = new FakeSource();
        selection.SourceHas(source, pieces);
        return source;
    }

    public bool MayRequest(int piece) => !IsChoking || AllowedFast.Contains(piece);

    /// <summary>Requests blocks from it; each is named by piece and block.</summary>
    public string[] Reserve(ActivePieces pieces, int most)
    {
        var into = new PendingBlock[most];
        PendingBlock[] taken = into[..pieces.Reserve(this, ref _current, into)];
        Owed.AddRange(taken);
        return [.. taken.Select(NameOf)];
    }

    /// <summary>Requests a run of blocks from it.</summary>
    public string[] Take(Func<List<PendingBlock>, long> reserve)
    {
        var taken = new List<PendingBlock>();
        long bytes = reserve(taken);
        Assert.Equal(taken.Sum(block => (long)block.Range.Length), bytes);
        Owed.AddRange(taken);
        return [.. taken.Select(NameOf)];
    }

    public static string NameOf(PendingBlock block) => $"{block.Piece.Index}.{block.Block}";

    /// <summary>Releases all its requested blocks.</summary>
    /// <returns>Whether any of them is now free for others.</returns>
    public bool Release(ActivePieces pieces)
    {
        PendingBlock[] owed = [.. Owed];
        Owed.Clear();
        return pieces.Release(this, owed);
    }
}
