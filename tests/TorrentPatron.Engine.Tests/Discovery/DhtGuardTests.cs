using System.Net;
using TorrentPatron.Engine.Discovery;

namespace TorrentPatron.Engine.Tests.Discovery;

public sealed class DhtGuardTests
{
    private readonly DhtGuard _guard = new();

    [Fact]
    public void Five_queries_a_second_are_always_answered()
    {
        for (int i = 0; i < 1000; i++)
            Assert.True(_guard.Allows(IPEndPoint.Parse("50.1.1.1:1"), TimeSpan.FromMilliseconds(200 * i)));
    }

    [Theory]
    [InlineData("50.1.1.1:1", "50.1.1.1:2", true)]
    [InlineData("[2001:db8::1]:1", "[2001:db8::ffff:2]:2", true)]
    [InlineData("[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false)]
    [InlineData("127.0.0.1:1", "127.0.0.1:2", false)]
    public void Addresses_of_one_host_or_customer_are_counted_together(string first, string second, bool isOne)
    {
        for (int i = 0; i <= DhtGuard.MostQueries; i++)
            _guard.Allows(IPEndPoint.Parse(first), TimeSpan.Zero);
        Assert.Equal(!isOne, _guard.Allows(IPEndPoint.Parse(second), TimeSpan.Zero));
    }

    [Fact]
    public void Many_addresses_do_not_fill_the_memory_and_blocked_ones_stay_blocked()
    {
        for (int i = 0; i <= DhtGuard.MostQueries; i++)
            _guard.Allows(IPEndPoint.Parse("50.1.1.1:1"), TimeSpan.Zero);
        for (int i = 0; i < DhtGuard.Capacity - 10; i++)
            Assert.True(_guard.Allows(new IPEndPoint(new IPAddress([60, 1, (byte)(i >> 8), (byte)i]), 1), TimeSpan.Zero));
        Assert.False(_guard.Allows(IPEndPoint.Parse("50.1.1.1:1"), TimeSpan.FromMinutes(1)));
        for (int i = 0; i < 10 * DhtGuard.Capacity; i++)
            Assert.True(_guard.Allows(new IPEndPoint(new IPAddress([61, 1, (byte)(i >> 8), (byte)i]), 1), TimeSpan.FromMinutes(2)));
    }
}
