using System.Net;
using System.Text;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Tests.Wire;

public sealed class PexMessageTests
{
    [Fact]
    public void A_peer_named_twice_counts_once_even_on_the_local_network()
    {
        Assert.True(PexMessage.TryRead("d5:added18:\n\0\0\u0001abFFFFFF\n\0\0\u0001abe"u8.ToArray(), out PexMessage? message));
        Assert.Equal(2, message.Added.Count);
    }

    [Fact]
    public void Written_messages_can_be_read()
    {
        var message = new PexMessage
        {
            Added =
            [
                new PexPeer(IPEndPoint.Parse("10.0.0.1:6881"), PexFlags.Reachable | PexFlags.UploadOnly),
                new PexPeer(IPEndPoint.Parse("[2001:db8::1]:6882"), PexFlags.SupportsUtp),
                new PexPeer(IPEndPoint.Parse("10.0.0.2:6881"), PexFlags.None),
            ],
            Dropped = [IPEndPoint.Parse("10.0.0.3:1"), IPEndPoint.Parse("[2001:db8::3]:1")],
        };

        Assert.True(PexMessage.TryRead(message.ToBytes(), out PexMessage? read));

        Assert.Equal([message.Added[0], message.Added[2], message.Added[1]], read.Added);
        Assert.Equal(message.Dropped, read.Dropped);
    }

    [Fact]
    public void It_is_written_as_in_BEP_11()
    {
        var message = new PexMessage { Added = [new PexPeer(new IPEndPoint(new IPAddress("abcd"u8), 0x6566), (PexFlags)'g')] };
        Assert.Equal("d5:added6:abcdef7:added.f1:g6:added60:8:added6.f0:7:dropped0:8:dropped60:e", Encoding.ASCII.GetString(message.ToBytes()));
    }

    [Fact]
    public void A_peer_without_flags_or_port_does_not_shift_the_flags_of_others()
    {
        Assert.True(Read("d5:added18:aaaa\0\0bbbb\0\u0001cccc\0\u00017:added.f2:\u0001\u0002e", out PexMessage? read));

        Assert.Equal([PexFlags.UploadOnly, PexFlags.None], read!.Added.Select(peer => peer.Flags));
        Assert.Equal("98.98.98.98:1", read.Added[0].EndPoint.ToString());
    }

    [Fact]
    public void Peers_beyond_the_limit_of_BEP_11_are_ignored()
    {
        byte[] peers = [.. Enumerable.Range(1, 200).SelectMany(i => new byte[] { 1, 2, 3, (byte)i, 0, 1 })];
        Assert.True(PexMessage.TryRead((byte[])[.. "d5:added1200:"u8, .. peers, .. "7:dropped1200:"u8, .. peers, .. "e"u8], out PexMessage? read));

        Assert.Equal(PexMessage.MaxPeers, read.Added.Count);
        Assert.Equal(PexMessage.MaxPeers, read.Dropped.Count);
        Assert.Throws<InvalidOperationException>(() => new PexMessage { Added = [.. read.Added, read.Added[0]] }.ToBytes());
    }

    [Fact]
    public void Only_one_peer_of_an_internet_address_counts()
    {
        Assert.True(Read("d5:added18:aaaa\0\u0001aaaa\0\u0002aaaa\0\u0003e", out PexMessage? read));
        Assert.Single(read!.Added);
    }

    [Theory]
    [InlineData("")]
    [InlineData("le")]
    [InlineData("i1e")]
    [InlineData("d5:added7:abcdefge")]
    [InlineData("d6:added66:abcdefe")]
    [InlineData("d8:dropped6017:")]
    [InlineData("d1:ad1:ad1:ad1:ad1:adeeeeee")]
    public void An_invalid_message_is_refused(string text) => Assert.False(Read(text, out _));

    [Theory]
    [InlineData("de")]
    [InlineData("d5:addedi1e7:dropped0:e")]
    public void An_empty_or_mistyped_message_names_no_peers(string text)
    {
        Assert.True(Read(text, out PexMessage? read));
        Assert.Empty(read!.Added);
        Assert.Empty(read.Dropped);
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(11);
        byte[] good = new PexMessage { Added = [new PexPeer(IPEndPoint.Parse("[2001:db8::1]:6882"), PexFlags.None)] }.ToBytes();
        for (int round = 0; round < 10_000; round++)
        {
            byte[] bytes = [.. good];
            for (int i = random.Next(1, 5); i > 0; i--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            PexMessage.TryRead(bytes.AsMemory(0, random.Next(bytes.Length + 1)), out _);
        }
    }

    private static bool Read(string text, out PexMessage? read) => PexMessage.TryRead(Encoding.Latin1.GetBytes(text), out read);
}
