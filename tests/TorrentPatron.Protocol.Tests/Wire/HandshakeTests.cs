using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Tests.Wire;

public sealed class HandshakeTests
{
    private static readonly InfoHash Torrent = new([.. Enumerable.Range(1, 20).Select(i => (byte)i)]);
    private static readonly PeerId Peer = new("-TP0100-abcdefghijkl"u8);

    [Fact]
    public void The_bytes_are_those_of_BEP_3_with_the_bits_of_BEP_5_6_and_10()
    {
        var bytes = new byte[Handshake.Length];
        bytes.AsSpan().Fill(0xEE);
        new Handshake(Torrent, Peer, SupportsFast: true, SupportsExtensions: true, SupportsDht: true).Write(bytes);

        Assert.Equal(
            "13426974546f7272656e742070726f746f636f6c0000000000100005" + Convert.ToHexStringLower(Torrent.ToArray())
            + Convert.ToHexStringLower(Peer.ToArray()), Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void The_offer_of_version_2_is_the_bit_of_BEP_52()
    {
        var handshake = new Handshake(Torrent, Peer, SupportsFast: false, SupportsExtensions: false, SupportsDht: false) { SupportsV2 = true };
        var bytes = new byte[Handshake.Length];
        handshake.Write(bytes);

        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0x10], bytes[20..28]);
        Assert.True(Handshake.TryRead(bytes, out Handshake read));
        Assert.Equal(handshake, read);
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    [InlineData(true, true, true)]
    public void Written_messages_can_be_read(bool fast, bool extensions, bool dht)
    {
        var handshake = new Handshake(Torrent, Peer, fast, extensions, dht);
        var bytes = new byte[Handshake.Length];
        handshake.Write(bytes);

        Assert.True(Handshake.TryRead(bytes, out Handshake read));
        Assert.Equal(handshake, read);
    }

    [Fact]
    public void Unknown_bits_are_ignored()
    {
        var bytes = new byte[Handshake.Length];
        new Handshake(Torrent, Peer, true, false, false).Write(bytes);
        bytes.AsSpan(20, 5).Fill(0xFF);

        Assert.True(Handshake.TryRead(bytes, out Handshake read));
        Assert.True(read is { SupportsFast: true, SupportsExtensions: false, SupportsDht: false });
    }

    [Fact]
    public void Too_few_bytes_and_other_protocols_are_rejected()
    {
        var bytes = new byte[Handshake.Length];
        new Handshake(Torrent, Peer, true, true, true).Write(bytes);

        Assert.False(Handshake.TryRead(bytes.AsSpan(0, 67), out _));
        for (int i = 0; i < 20; i++)
        {
            byte[] other = [.. bytes];
            other[i] ^= 1;
            Assert.False(Handshake.TryRead(other, out _));
        }
    }
}
