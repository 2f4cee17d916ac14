using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Protocol.Tests.Trackers;

public sealed class CompactPeersTests
{
    [Fact]
    public void An_IPv4_address_is_4_bytes_and_its_port_2_in_network_order()
    {
        var peers = new List<IPEndPoint>();

        int tail = CompactPeers.Read([10, 0, 0, 1, 0x1A, 0xE1], AddressFamily.InterNetwork, peers, 10);

        Assert.Equal([new IPEndPoint(IPAddress.Parse("10.0.0.1"), 6881)], peers);
        Assert.Equal(0, tail);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, "192.0.2.1:6881", "198.51.100.7:1")]
    [InlineData(AddressFamily.InterNetworkV6, "[2001:db8::1]:6881", "[::1]:65535")]
    public void Written_peers_can_be_read_again(AddressFamily family, string first, string second)
    {
        IPEndPoint[] written = [IPEndPoint.Parse(first), IPEndPoint.Parse(second)];
        var read = new List<IPEndPoint>();

        CompactPeers.Read(CompactPeers.Write(written, family), family, read, 10);

        Assert.Equal(written, read);
    }

    [Fact]
    public void Writing_leaves_out_the_other_family_and_unmaps_mapped_addresses()
    {
        IPEndPoint[] peers = [IPEndPoint.Parse("[2001:db8::1]:1"), IPEndPoint.Parse("[::ffff:192.0.2.1]:258")];

        Assert.Equal([192, 0, 2, 1, 1, 2], CompactPeers.Write(peers, AddressFamily.InterNetwork));
    }

    [Fact]
    public void An_odd_tail_is_ignored_and_reported()
    {
        var peers = new List<IPEndPoint>();

        int tail = CompactPeers.Read([10, 0, 0, 1, 0x1A, 0xE1, 9, 9, 9], AddressFamily.InterNetwork, peers, 10);

        Assert.Single(peers);
        Assert.Equal(3, tail);
    }

    [Fact]
    public void Port_0_is_skipped()
    {
        var peers = new List<IPEndPoint>();

        CompactPeers.Read([10, 0, 0, 1, 0, 0, 10, 0, 0, 2, 0, 1], AddressFamily.InterNetwork, peers, 10);

        Assert.Equal([new IPEndPoint(IPAddress.Parse("10.0.0.2"), 1)], peers);
    }

    [Fact]
    public void No_more_than_the_limit_is_read()
    {
        byte[] many = [.. Enumerable.Repeat((byte)1, CompactPeers.IPv4Length * 100)];
        var peers = new List<IPEndPoint>();

        CompactPeers.Read(many, AddressFamily.InterNetwork, peers, 7);

        Assert.Equal(7, peers.Count);
    }
}
