using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Tests.Network;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class StrangersTests
{
    [Fact]
    public void When_full_the_oldest_entry_of_the_host_with_the_most_is_removed()
    {
        var strangers = new Strangers(10);
        IdleConnection[] crowd = [.. Enumerable.Range(1, 6).Select(port => Add(strangers, "127.0.0.66", port))];
        IdleConnection[] others = [.. Enumerable.Range(1, 4).Select(host => Add(strangers, $"127.0.0.{host}", 1))];

        IdleConnection newcomer = Add(strangers, "127.0.0.9", 1);

        Assert.Equal([true, false, false, false, false, false], crowd.Select(one => one.IsDisposed));
        Assert.All(others, other => Assert.False(other.IsDisposed));
        Assert.False(newcomer.IsDisposed);
        Assert.Equal(10, strangers.Count);
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("2001:db8::1", "2001:db8::ffff:1")]
    public void A_host_has_some_places_even_where_there_is_room_for_more(string address, string same)
    {
        var strangers = new Strangers(1000);
        IdleConnection first = Add(strangers, address, 1);
        for (int port = 2; port <= Strangers.MostOfOneHost; port++)
            Add(strangers, address, port);
        Assert.False(first.IsDisposed);

        Add(strangers, same, 9999);
        Assert.True(first.IsDisposed);
        Assert.Equal(Strangers.MostOfOneHost, strangers.Count);
    }

    [Fact]
    public void A_connection_after_its_handshake_does_not_count()
    {
        var strangers = new Strangers(1);
        IdleConnection first = Add(strangers, "10.0.0.1", 1);
        strangers.Remove(first);
        Add(strangers, "10.0.0.2", 1);

        Assert.False(first.IsDisposed);
    }

    [Theory]
    [InlineData(256, 78, 19, 19, 39)]
    [InlineData(1024, 462, 100, 115, 231)]
    [InlineData(20, 20, 5, 5, 10)]
    [InlineData(int.MaxValue, int.MaxValue, 100, 200, 256)]
    public void Bounds_leave_a_reserve_of_the_descriptors_that_the_process_may_have(int descriptors, int peers, int halfOpen, int strangers, int files) =>
        Assert.Equal(new ConnectionBounds(peers, halfOpen, strangers, files), ConnectionBounds.Of(descriptors));

    private static IdleConnection Add(Strangers strangers, string address, int port)
    {
        var connection = new IdleConnection(new IPEndPoint(IPAddress.Parse(address), port));
        strangers.Add(connection);
        return connection;
    }
}
