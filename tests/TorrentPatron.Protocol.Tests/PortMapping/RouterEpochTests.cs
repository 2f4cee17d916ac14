using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Protocol.Tests.PortMapping;

public sealed class RouterEpochTests
{
    [Theory]
    [InlineData(1_000, 1_000, 0, true)]
    [InlineData(1_000, 1_060, 60, true)]
    [InlineData(1_000, 1_058, 60, true)]
    [InlineData(1_000, 4_500, 3_600, true)]
    [InlineData(1_000, 999, 0, true)]
    [InlineData(1_000, 5, 60, false)]
    [InlineData(1_000, 998, 0, false)]
    [InlineData(1_000, 1_020, 60, false)]
    [InlineData(1_000, 1_200, 60, false)]
    public void A_router_whose_clock_jumps_has_lost_its_mappings(uint before, uint after, int seconds, bool isSame) =>
        Assert.Equal(isSame, new RouterEpoch(before, TimeSpan.FromHours(1)).LeadsTo(new RouterEpoch(after, TimeSpan.FromHours(1) + TimeSpan.FromSeconds(seconds))));
}
