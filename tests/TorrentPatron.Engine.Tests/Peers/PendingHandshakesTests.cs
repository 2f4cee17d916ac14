using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Tests.Network;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class PendingHandshakesTests
{
    [Fact]
    public void When_full_the_oldest_entry_of_the_host_with_the_most_is_removed()
    {
        var pending = new PendingHandshakes(10);
        IdleConnection[] crowd = [.. Enumerable.Range(1, 6).Select(port => Add(pending, "127.0.0.66", port))];
        IdleConnection[] others = [.. Enumerable.Range(1, 4).Select(host => Add(pending, $"127.0.0.{host}", 1))];

        IdleConnection newcomer = Add(pending, "127.0.0.9", 1);

        Assert.Equal([true, false, false, false, false, false], crowd.Select(one => one.IsDisposed));
        Assert.All(others, other => Assert.False(other.IsDisposed));
        Assert.False(newcomer.IsDisposed);
        Assert.Equal(10, pending.Count);
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("2001:db8::1", "2001:db8::ffff:1")]
    public void A_hosts_places_are_bounded_even_if_there_is_room_for_more(string address, string same)
    {
        var pending = new PendingHandshakes(1000);
        IdleConnection first = Add(pending, address, 1);
        for (int port = 2; port <= PendingHandshakes.MostOfOneHost; port++)
            Add(pending, address, port);
        Assert.False(first.IsDisposed);

        Add(pending, same, 9999);
        Assert.True(first.IsDisposed);
        Assert.Equal(PendingHandshakes.MostOfOneHost, pending.Count);
    }

    [Fact]
    public void A_connection_after_its_handshake_does_not_count()
    {
        var pending = new PendingHandshakes(1);
        IdleConnection first = Add(pending, "10.0.0.1", 1);
        pending.Remove(first);
        Add(pending, "10.0.0.2", 1);

        Assert.False(first.IsDisposed);
    }

    [Theory]
    [InlineData(256, 78, 19, 19, 39)]
    [InlineData(1024, 462, 100, 115, 231)]
    [InlineData(20, 20, 5, 5, 10)]
    [InlineData(int.MaxValue, int.MaxValue, 100, 200, 256)]
    public void Limits_leave_file_descriptors_for_the_rest_of_the_process(int descriptors, int peers, int halfOpen, int strangers, int files) =>
        Assert.Equal(new ConnectionBounds(peers, halfOpen, strangers, files), ConnectionBounds.Of(descriptors));

    private static IdleConnection Add(PendingHandshakes pending, string address, int port)
    {
        var connection = new IdleConnection(new IPEndPoint(IPAddress.Parse(address), port));
        pending.Add(connection);
        return connection;
    }
}
