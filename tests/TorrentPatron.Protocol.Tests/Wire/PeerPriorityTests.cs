using System.Net;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Tests.Wire;

public sealed class PeerPriorityTests
{
    [Theory]
    [InlineData("123.213.32.10:1", "98.76.54.32:2", 0xec2d7224)]
    [InlineData("123.213.32.10:1", "123.213.32.234:2", 0x99568189)]
    public void The_examples_of_BEP_40_are_reproduced_from_both_sides(string left, string right, uint expected)
    {
        Assert.Equal(expected, PeerPriority.Compute(IPEndPoint.Parse(left), IPEndPoint.Parse(right)));
        Assert.Equal(expected, PeerPriority.Compute(IPEndPoint.Parse(right), IPEndPoint.Parse(left)));
        Assert.Equal(expected, PeerPriority.Compute(Mapped(left), IPEndPoint.Parse(right)));
    }

    [Theory]
    [InlineData("1.2.3.4:1", "5.6.7.8:1", "5.6.45.0:9", true)] // other /16: of the last two bytes only half the bits count
    [InlineData("1.2.3.4:1", "1.2.7.8:1", "1.2.6.8:1", false)] // same /16: the third byte counts whole
    [InlineData("1.2.3.4:1", "1.2.7.8:1", "1.2.7.10:1", true)]
    [InlineData("1.2.3.4:1", "1.2.3.8:1", "1.2.3.10:1", false)] // same /24: all counts
    [InlineData("2001:db8::1", "2001:db9:0:5555::", "2001:db9:0:ffff:aaaa::", true)]
    [InlineData("2001:db8::1", "2001:db8:0:100::", "2001:db8:0:200::", false)]
    [InlineData("2001:db8::1", "2001:db8:0:1::", "2001:db8:0:2::", false)]
    public void Nearer_peers_are_ranked_by_more_of_their_addresses(string self, string one, string other, bool isSame) =>
        Assert.Equal(
            isSame,
            PeerPriority.Compute(IPEndPoint.Parse(self), IPEndPoint.Parse(one))
                == PeerPriority.Compute(IPEndPoint.Parse(self), IPEndPoint.Parse(other)));

    [Fact]
    public void For_equal_addresses_the_ports_count()
    {
        IPEndPoint left = IPEndPoint.Parse("10.0.0.1:80"), right = IPEndPoint.Parse("10.0.0.1:443");
        Assert.Equal(PeerPriority.Compute(left, right), PeerPriority.Compute(right, left));
        Assert.NotEqual(PeerPriority.Compute(left, right), PeerPriority.Compute(left, IPEndPoint.Parse("10.0.0.1:444")));
    }

    [Fact]
    public void Peers_of_different_IP_versions_have_no_priority() =>
        Assert.Equal(0u, PeerPriority.Compute(IPEndPoint.Parse("10.0.0.1:80"), IPEndPoint.Parse("[2001:db8::1]:80")));

    private static IPEndPoint Mapped(string endPoint)
    {
        IPEndPoint parsed = IPEndPoint.Parse(endPoint);
        return new IPEndPoint(parsed.Address.MapToIPv6(), parsed.Port);
    }
}
