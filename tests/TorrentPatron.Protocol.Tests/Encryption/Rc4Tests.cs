using TorrentPatron.Protocol.Encryption;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Encryption;

public class Rc4Tests
{
    [Theory] // RFC 6229: keys that count up from 1, and where in the key stream.
    [InlineData(5, 0, "b2396305f03dc027ccc3524a0a1118a8")]
    [InlineData(5, 16, "6982944f18fc82d589c403a47a0d0919")]
    [InlineData(5, 1024, "30abbcc7c20b01609f23ee2d5f6bb7df")]
    [InlineData(5, 4096, "ff25b58995996707e51fbdf08b34d875")]
    [InlineData(16, 0, "9ac7cc9a609d1ef7b2932899cde41b97")]
    [InlineData(16, 1024, "bdf0324e6083dcc6d3cedd3ca8c53c16")]
    [InlineData(32, 0, "eaa6bd25880bf93d3f5d1e4ca2611d91")]
    [InlineData(32, 4096, "f3e4c0a2e02d1d01f7f0a74618af2b48")]
    public void The_key_stream_is_that_of_the_standard(int keyLength, int offset, string expected)
    {
        byte[] key = [.. Enumerable.Range(1, keyLength).Select(i => (byte)i)];
        var skipping = new Rc4(key);
        skipping.Skip(offset);
        byte[] stream = new byte[16];
        skipping.Apply(stream);
        Assert.Equal(expected, Convert.ToHexStringLower(stream));

        byte[] whole = new byte[offset + 16];
        new Rc4(key).Apply(whole);
        Assert.Equal(stream, whole[offset..]);
    }

    [Fact]
    public void Applying_in_parts_equals_applying_at_once()
    {
        byte[] whole = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)], parts = [.. whole];
        new Rc4([1, 2, 3]).Apply(whole);
        var cipher = new Rc4([1, 2, 3]);
        for (int at = 0, length = 0; at < parts.Length; at += length++)
            cipher.Apply(parts.AsSpan(at, Math.Min(length, parts.Length - at)));
        Assert.Equal(whole, parts);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public void A_key_of_a_different_length_is_refused(int length) => Assert.Throws<ArgumentException>(() => new Rc4(new byte[length]));
}
