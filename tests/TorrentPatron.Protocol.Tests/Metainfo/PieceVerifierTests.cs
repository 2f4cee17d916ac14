using System.Security.Cryptography;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Tests.Metainfo;

public sealed class PieceVerifierTests
{
    private readonly byte[] _first = new byte[32_768];
    private readonly byte[] _last = [.. new byte[40_000 - 32_768], .. "hello world\n"u8];
    private readonly PieceVerifier _verifier = PieceVerifier.For(MetainfoReader.Read(TestTorrents.ByMktorrent));

    [Fact]
    public void Verify_reports_whether_a_piece_is_the_torrents()
    {
        Assert.True(Verify(0, _first));
        Assert.True(Verify(1, _last));
        Assert.False(Verify(1, _first));
        Assert.False(Verify(0, _first[1..]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Verify(2, _first));
    }

    [Fact]
    public void A_hash_can_be_computed_from_any_number_of_blocks_at_once()
    {
        using PieceHash hash = _verifier.Begin(0);
        hash.Append(_first.AsSpan(0, 16_384));
        hash.Append(_first.AsSpan(16_384));
        Assert.True(_verifier.Verify(0, hash));
        hash.Append(_last);
        Assert.True(_verifier.Verify(1, hash));
    }

    [Fact]
    public void An_abandoned_hash_does_not_affect_the_next_one()
    {
        for (int i = 0; i < 10; i++)
        {
            PieceHash givenUp = _verifier.Begin(1);
            givenUp.Append(_last);
            givenUp.Dispose();
            givenUp.Dispose();
            Assert.Throws<ObjectDisposedException>(() => givenUp.Append(_last));
            Assert.True(Verify(0, _first));
        }
    }

    [Fact]
    public void FingerprintOf_is_equal_only_for_equal_blocks()
    {
        Assert.Equal(_verifier.FingerprintOf([1, 2]), _verifier.FingerprintOf([1, 2]));
        Assert.NotEqual(_verifier.FingerprintOf([1, 2]), _verifier.FingerprintOf([1, 3]));
    }

    [Fact]
    public void The_pieces_of_a_v2_torrent_are_verified_by_the_trees_of_their_files()
    {
        PieceVerifier verifier = PieceVerifier.For(MetainfoReader.Read(TestTorrents.V2ByLibtorrent));
        Assert.True(Verify(verifier, 0, new byte[16_384]));
        Assert.True(Verify(verifier, 2, new byte[40_000 - 32_768]));
        Assert.True(Verify(verifier, 3, [.. "hello world\n"u8]));
        Assert.False(Verify(verifier, 3, [.. "hello worle\n"u8]));
        Assert.False(Verify(verifier, 2, new byte[40_000 - 32_769]));
        // Some peers also send bytes behind a file's end: they are not part of it.
        Assert.True(Verify(verifier, 3, [.. "hello world\n"u8, .. new byte[100]]));
    }

    [Fact]
    public void A_hybrid_torrent_is_verified_by_both_hashes_on_arrival_and_by_one_on_disk()
    {
        PieceVerifier verifier = PieceVerifier.For(MetainfoReader.Read(TestTorrents.HybridByLibtorrent));
        byte[] last = [.. "hello world\n"u8, .. new byte[16_372]];
        Assert.True(Verify(verifier, 0, new byte[16_384]));
        Assert.True(Verify(verifier, 3, last));
        last[^1] = 1;
        Assert.False(Verify(verifier, 3, last));
        Assert.True(Verify(verifier.ForFiles(), 3, last));
        last[0] = 1;
        Assert.False(Verify(verifier.ForFiles(), 3, last));
    }

    [Fact]
    public void A_hybrid_torrent_whose_layers_are_not_known_is_verified_by_its_v1_hashes()
    {
        TorrentMetainfo metainfo = MetainfoReader.ReadInfo(MetainfoReader.Read(TestTorrents.HybridByLibtorrent).RawInfo, [], []);
        Assert.False(metainfo.HasPieceLayers);
        PieceVerifier verifier = PieceVerifier.For(metainfo);
        Assert.True(Verify(verifier, 0, new byte[16_384]));
        Assert.True(Verify(verifier.ForFiles(), 0, new byte[16_384]));
        Assert.False(Verify(verifier, 1, new byte[16_383]));
    }

    [Fact]
    public void A_piece_with_one_of_the_two_hashes_of_a_hybrid_shows_that_its_halves_differ()
    {
        byte[] content = V2Torrent.Content(V2Torrent.PieceLength);
        byte[] torrent = new TorrentBuilder
        {
            Version = MetainfoVersion.Hybrid, Name = "n", Files = [new TorrentBuilderFile(null, content.Length)], PieceLength = content.Length,
            PieceHashes = SHA1.HashData(content), PieceTreeHashes = new byte[32],
        }.Build();
        PieceVerifier verifier = PieceVerifier.For(MetainfoReader.Read(torrent));
        Assert.False(Verify(verifier, 0, new byte[content.Length]));
        Assert.False(verifier.IsContradictory);
        Assert.False(Verify(verifier, 0, content));
        Assert.True(verifier.IsContradictory);
    }

    [Fact]
    public void A_block_is_verified_by_its_own_hash_if_its_pieces_hashes_are_known()
    {
        const int Length = (2 * V2Torrent.PieceLength) + MerkleTree.BlockLength + 5;
        byte[] content = V2Torrent.Content(Length);
        TorrentMetainfo metainfo = MetainfoReader.Read(V2Torrent.Make(V2Torrent.File("a", 7) + V2Torrent.File("b", Length), V2Torrent.Layer(Length)));
        PieceVerifier verifier = PieceVerifier.For(metainfo);
        byte[] node = new byte[32];
        // A file of one block has no hash below its root.
        Assert.Null(verifier.LeavesOf(0, node));
        HashRequest? second = verifier.LeavesOf(2, node);
        Assert.Equal(new HashRequest(new InfoHashV2(metainfo.Files[1].PiecesRoot.Span), 0, 2, 2, 0), second);
        byte[] leaves = [.. V2Torrent.Leaves(content)[2..4].SelectMany(hash => hash)];
        Assert.True(second!.Value.IsProven(leaves, node));
        Assert.True(verifier.IsBlock(2, 1, content.AsSpan(3 * MerkleTree.BlockLength, MerkleTree.BlockLength), leaves));
        Assert.False(verifier.IsBlock(2, 0, content.AsSpan(3 * MerkleTree.BlockLength, MerkleTree.BlockLength), leaves));

        byte[] last = [.. V2Torrent.Leaves(content)[4..].SelectMany(hash => hash)];
        Assert.True(verifier.LeavesOf(3, node)!.Value.IsProven(last, node));
        Assert.True(verifier.IsBlock(3, 1, content.AsSpan(5 * MerkleTree.BlockLength), last));
    }

    [Fact]
    public void Padding_of_a_hybrid_is_zeros_or_wrong()
    {
        byte[] content = V2Torrent.Content(MerkleTree.BlockLength + 5);
        TorrentMetainfo metainfo = MetainfoReader.Read(V2Torrent.MakeHybrid(
            V2Torrent.File("a", content.Length),
            $"5:filesld6:lengthi{content.Length}e4:pathl1:aeed4:attr1:p6:lengthi{V2Torrent.PieceLength - content.Length}e4:pathl4:.pad1:1eee", pieces: 1));
        PieceVerifier verifier = PieceVerifier.For(metainfo);
        byte[] leaves = [.. V2Torrent.Leaves(content).SelectMany(hash => hash)];
        byte[] block = [.. content[MerkleTree.BlockLength..], .. new byte[MerkleTree.BlockLength - 5]];
        Assert.True(verifier.IsBlock(0, 1, block, leaves));
        block[^1] = 1;
        Assert.False(verifier.IsBlock(0, 1, block, leaves));
    }

    [Fact]
    public void A_v1_torrent_has_no_block_hashes() => Assert.Null(_verifier.LeavesOf(0, new byte[32]));

    [Fact]
    public void BeginV1_computes_the_hash_of_a_v1_torrent()
    {
        using PieceHash hash = PieceHash.BeginV1();
        hash.Append(_first);
        byte[] digest = new byte[hash.Length];
        hash.End(digest);
        Assert.Equal(SHA1.HashData(_first), digest);
        Assert.Equal(PieceHash.V1Length, digest.Length);
    }

    private bool Verify(int piece, byte[] bytes) => Verify(_verifier, piece, bytes);

    private static bool Verify(PieceVerifier verifier, int piece, byte[] bytes)
    {
        using PieceHash hash = verifier.Begin(piece);
        hash.Append(bytes);
        return verifier.Verify(piece, hash);
    }
}
