using System.Security.Cryptography;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class PieceHasherTests : IAsyncDisposable
{
    private const int PieceLength = 64 * 1024;
    private const int Pieces = 75;

    private readonly TempFolder _temp = new();
    private readonly DiskWorkers _workers = new(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _workers.DisposeAsync();
        _temp.Dispose();
    }

    [Theory]
    [InlineData(MetainfoVersion.V1, 0, 1)]
    [InlineData(MetainfoVersion.V1, 1, 0)]
    [InlineData(MetainfoVersion.V2, 0, 1)]
    [InlineData(MetainfoVersion.Hybrid, 0, 1)]
    [InlineData(MetainfoVersion.Hybrid, 1, 0)]
    public async Task Pieces_have_their_hashes_whether_reading_or_hashing_takes_the_time(MetainfoVersion version, int reading, int hashing)
    {
        // The last piece is a short one, and in the middle is a hole.
        byte[] content = new byte[(Pieces * PieceLength) - 1000];
        new Random(1).NextBytes(content);
        content.AsSpan(30 * PieceLength, 2 * PieceLength).Clear();
        await File.WriteAllBytesAsync(_temp["a"], content, Cancel);
        var layout = new FileLayout(_temp[""], "a", PieceLength, [("a", content.Length, true)]);
        using var storage = new TorrentStorage(layout, new FileHandlePool());
        PieceHash Begin(int piece) => version switch
        {
            MetainfoVersion.V1 => PieceHash.BeginV1(),
            MetainfoVersion.V2 => PieceHash.BeginV2(layout.PieceSize(piece), content.Length, PieceLength),
            _ => PieceHash.BeginHybrid(layout.PieceSize(piece), content.Length, PieceLength, padding: 0),
        };

        var found = new Dictionary<int, byte[]>();
        await new PieceHasher(storage, _workers, Begin, new ScriptedTime(0, reading, hashing))
            .HashAsync([.. Enumerable.Range(0, Pieces)], (piece, hash) => found.Add(piece, hash.ToArray()), Cancel);

        Assert.Equal(Pieces, found.Count);
        Assert.All(found, pair => Assert.Equal(Expected(content.AsSpan(pair.Key * PieceLength, layout.PieceSize(pair.Key)), version), pair.Value));
    }

    private static byte[] Expected(ReadOnlySpan<byte> piece, MetainfoVersion version)
    {
        byte[] sha1 = version == MetainfoVersion.V2 ? [] : SHA1.HashData(piece);
        if (version == MetainfoVersion.V1)
            return sha1;
        List<byte> leaves = [];
        for (; !piece.IsEmpty; piece = piece[Math.Min(piece.Length, MerkleTree.BlockLength)..])
            leaves.AddRange(SHA256.HashData(piece[..Math.Min(piece.Length, MerkleTree.BlockLength)]));
        byte[] root = new byte[MerkleTree.HashLength];
        MerkleTree.Root([.. leaves], layer: 0, MerkleTree.HeightOf(PieceLength / MerkleTree.BlockLength), root);
        return [.. sha1, .. root];
    }

    /// <summary>A clock that advances by the given steps in turn.</summary>
    private sealed class ScriptedTime(params long[] steps) : TimeProvider
    {
        private long _now;
        private int _calls;

        public override long GetTimestamp() => _now += steps[_calls++ % steps.Length];
    }
}
