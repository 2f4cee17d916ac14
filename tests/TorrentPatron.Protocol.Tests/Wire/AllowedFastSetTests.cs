using System.Net;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Tests.Wire;

public sealed class AllowedFastSetTests
{
    private static readonly InfoHash Torrent = new([.. Enumerable.Repeat((byte)0xAA, 20)]);

    [Fact]
    public void The_example_of_BEP_6_is_reproduced()
    {
        var address = IPAddress.Parse("80.4.4.200");

        Assert.Equal([1059, 431, 808, 1217, 287, 376, 1188], AllowedFastSet.Compute(address, Torrent, 1313, 7));
        Assert.Equal([1059, 431, 808, 1217, 287, 376, 1188, 353, 508], AllowedFastSet.Compute(address, Torrent, 1313, 9));
    }

    [Fact]
    public void Addresses_of_one_network_and_mapped_addresses_get_the_same_set()
    {
        IReadOnlyList<int> expected = AllowedFastSet.Compute(IPAddress.Parse("80.4.4.200"), Torrent, 1313);

        Assert.Equal(expected, AllowedFastSet.Compute(IPAddress.Parse("80.4.4.1"), Torrent, 1313));
        Assert.Equal(expected, AllowedFastSet.Compute(IPAddress.Parse("::ffff:80.4.4.200"), Torrent, 1313));
    }

    [Fact]
    public void A_set_is_never_larger_than_the_torrent_and_empty_for_IPv6()
    {
        Assert.Equal([0, 1, 2], AllowedFastSet.Compute(IPAddress.Loopback, Torrent, 3).Order());
        Assert.Empty(AllowedFastSet.Compute(IPAddress.Loopback, Torrent, 0));
        Assert.Empty(AllowedFastSet.Compute(IPAddress.IPv6Loopback, Torrent, 100));
    }
}
