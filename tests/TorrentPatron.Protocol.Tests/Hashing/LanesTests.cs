using System.Security.Cryptography;
using System.Text;
using TorrentPatron.Protocol.Hashing;

namespace TorrentPatron.Protocol.Tests.Hashing;

public sealed class LanesTests
{
    private const string Unsupported = "This processor does not hash side by side.";

    public static bool IsSupported => Lanes.IsSupported;

    [Theory(Skip = Unsupported, SkipUnless = nameof(IsSupported))]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(128)]
    [InlineData(16384)]
    [InlineData(1 << 20)]
    public void Each_of_sixteen_messages_has_the_same_hash_as_alone(int length)
    {
        byte[] rows = RandomBytes(Lanes.Count * length);
        byte[] sha256 = new byte[Lanes.Count * SHA256.HashSizeInBytes], sha1 = new byte[Lanes.Count * SHA1.HashSizeInBytes];
        LaneSha256.Hash(rows, sha256);
        var lanes = new LaneSha1();
        lanes.Append(rows);
        lanes.End(sha1);

        for (int i = 0; i < Lanes.Count; i++)
        {
            ReadOnlySpan<byte> message = rows.AsSpan(i * length, length);
            Assert.Equal(SHA256.HashData(message), sha256.AsSpan(i * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes));
            Assert.Equal(SHA1.HashData(message), sha1.AsSpan(i * SHA1.HashSizeInBytes, SHA1.HashSizeInBytes));
        }
    }

    [Fact(Skip = Unsupported, SkipUnless = nameof(IsSupported))]
    public void A_message_can_be_hashed_in_parts()
    {
        const int First = 192, Second = 64;
        byte[] messages = RandomBytes(Lanes.Count * (First + Second)), hashes = new byte[Lanes.Count * SHA1.HashSizeInBytes];
        var lanes = new LaneSha1();
        lanes.Append(Rows(messages, 0, First));
        lanes.Append(Rows(messages, First, Second));
        lanes.End(hashes);

        for (int i = 0; i < Lanes.Count; i++)
        {
            Assert.Equal(
                SHA1.HashData(messages.AsSpan(i * (First + Second), First + Second)),
                hashes.AsSpan(i * SHA1.HashSizeInBytes, SHA1.HashSizeInBytes));
        }

        static byte[] Rows(byte[] messages, int at, int length) =>
            [.. Enumerable.Range(0, Lanes.Count).SelectMany(i => messages.AsSpan((i * (First + Second)) + at, length).ToArray())];
    }

    [Theory(Skip = Unsupported, SkipUnless = nameof(IsSupported))]
    [InlineData(64)]
    [InlineData(16384)]
    public void Both_hashes_of_rows_with_gaps_are_those_of_the_messages(int length)
    {
        byte[] rows = RandomBytes(Lanes.Count * (length + Lanes.Gap));
        byte[] sha256 = new byte[Lanes.Count * SHA256.HashSizeInBytes], sha1 = new byte[Lanes.Count * SHA1.HashSizeInBytes];
        var lanes = new LaneSha1();
        LaneSha256.Hash(rows, sha256, Lanes.Gap, lanes);
        lanes.End(sha1);

        for (int i = 0; i < Lanes.Count; i++)
        {
            ReadOnlySpan<byte> message = rows.AsSpan(i * (length + Lanes.Gap), length);
            Assert.Equal(SHA256.HashData(message), sha256.AsSpan(i * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes));
            Assert.Equal(SHA1.HashData(message), sha1.AsSpan(i * SHA1.HashSizeInBytes, SHA1.HashSizeInBytes));
        }
    }

    [Fact(Skip = Unsupported, SkipUnless = nameof(IsSupported))]
    public void A_million_letters_have_the_hashes_of_the_standard()
    {
        // FIPS 180-4's long example, in messages of 64 bytes times 15,625.
        byte[] rows = Encoding.ASCII.GetBytes(new string('a', Lanes.Count * 1_000_000));
        byte[] sha256 = new byte[Lanes.Count * SHA256.HashSizeInBytes], sha1 = new byte[Lanes.Count * SHA1.HashSizeInBytes];
        LaneSha256.Hash(rows, sha256);
        var lanes = new LaneSha1();
        lanes.Append(rows);
        lanes.End(sha1);

        Assert.All(sha256.Chunk(SHA256.HashSizeInBytes), hash =>
            Assert.Equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", Convert.ToHexStringLower(hash)));
        Assert.All(sha1.Chunk(SHA1.HashSizeInBytes), hash => Assert.Equal("34aa973cd4c4daa4f61eeb2bdbad27316534016f", Convert.ToHexStringLower(hash)));
    }

    [Theory]
    [InlineData(Lanes.Count * 63)]
    [InlineData((Lanes.Count * 64) + 1)]
    [InlineData(64)]
    public void Rows_of_a_different_length_are_refused(int length) => Assert.Throws<ArgumentException>(() => new LaneReader(new byte[length], gap: 0));

    private static byte[] RandomBytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
