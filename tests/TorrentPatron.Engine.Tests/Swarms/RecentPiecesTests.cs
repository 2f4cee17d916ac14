using TorrentPatron.Engine.Swarms;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class RecentPiecesTests
{
    [Fact]
    public void The_newest_piece_comes_first_and_each_piece_once()
    {
        var recent = new RecentPieces(16 * 1024);
        foreach (int piece in new[] { 1, 2, 3, 1 })
            recent.Add(piece);
        Assert.Equal([1, 3, 2], recent.Newest());
    }

    [Theory]
    [InlineData(16 * 1024, RecentPieces.Most)]
    [InlineData(4 << 20, 8)]
    [InlineData(512L << 20, 1)]
    public void No_more_are_remembered_than_are_likely_in_memory(long pieceLength, int most)
    {
        var recent = new RecentPieces(pieceLength);
        for (int piece = 0; piece < 100; piece++)
            recent.Add(piece);
        Assert.Equal(Enumerable.Range(100 - most, most).Reverse(), recent.Newest());
    }
}
