using System.Security.Cryptography;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Tests.Metainfo;

public sealed class PieceVerifierTests
{
    private readonly byte[] _first = new byte[32_768];
    private readonly byte[] _last = [.. new byte[40_000 - 32_768], .. "hello world\n"u8];
    private readonly PieceVerifier _verifier = PieceVerifier.For(MetainfoReader.Read(TestTorrents.ByMktorrent));

    [Fact]
    public void Verify_tells_whether_a_piece_is_the_one_of_the_torrent()
    {
        Assert.True(Verify(0, _first));
        Assert.True(Verify(1, _last));
        Assert.False(Verify(1, _first));
        Assert.False(Verify(0, _first[1..]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Verify(2, _first));
    }

    [Fact]
    public void A_hash_may_be_made_of_any_number_of_blocks_at_once()
    {
        using PieceHash hash = _verifier.Begin(0);
        hash.Append(_first.AsSpan(0, 16_384));
        hash.Append(_first.AsSpan(16_384));
        Assert.True(_verifier.Verify(0, hash));
        hash.Append(_last);
        Assert.True(_verifier.Verify(1, hash));
    }

    [Fact]
    public void A_hash_that_was_given_up_leaves_nothing_behind_for_the_next_one()
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
    public void FingerprintOf_is_equal_for_equal_blocks_alone()
    {
        Assert.Equal(_verifier.FingerprintOf([1, 2]), _verifier.FingerprintOf([1, 2]));
        Assert.NotEqual(_verifier.FingerprintOf([1, 2]), _verifier.FingerprintOf([1, 3]));
    }

    [Fact]
    public void A_hybrid_torrent_is_verified_by_its_v1_hashes_and_a_v2_torrent_not_at_all()
    {
        PieceVerifier hybrid = PieceVerifier.For(MetainfoReader.Read(TestTorrents.HybridByLibtorrent));
        using PieceHash hash = hybrid.Begin(0);
        hash.Append(new byte[16_384]);
        Assert.True(hybrid.Verify(0, hash));
        Assert.Throws<NotSupportedException>(() => PieceVerifier.For(MetainfoReader.Read(TestTorrents.V2ByLibtorrent)));
    }

    [Fact]
    public void BeginV1_makes_the_hash_that_a_v1_torrent_names()
    {
        using PieceHash hash = PieceHash.BeginV1();
        hash.Append(_first);
        byte[] digest = new byte[hash.Length];
        hash.End(digest);
        Assert.Equal(SHA1.HashData(_first), digest);
        Assert.Equal(PieceHash.V1Length, digest.Length);
    }

    private bool Verify(int piece, byte[] bytes)
    {
        using PieceHash hash = _verifier.Begin(piece);
        hash.Append(bytes);
        return _verifier.Verify(piece, hash);
    }
}
