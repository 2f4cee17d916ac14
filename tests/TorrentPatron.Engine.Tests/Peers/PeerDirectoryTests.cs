using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class PeerDirectoryTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    private readonly PeerDirectory _directory = new(new Random(1));

    [Fact]
    public void An_address_in_use_is_not_dialled_twice()
    {
        Assert.True(_directory.Add(At(1)));
        Assert.False(_directory.Add(At(1)));
        Assert.Equal(At(1), _directory.TakeNext(Start));
        Assert.Null(_directory.TakeNext(Start));
        Assert.Null(_directory.NextTry());
    }

    [Fact]
    public void Each_failure_doubles_the_wait_and_the_fifth_is_the_last()
    {
        _directory.Add(At(1));
        DateTimeOffset now = Start;
        foreach (int seconds in (int[])[20, 40, 80, 160])
        {
            Assert.NotNull(_directory.TakeNext(now));
            _directory.Ended(At(1), wasUseful: false, now);
            Assert.Equal(now + TimeSpan.FromSeconds(seconds), _directory.NextTry());
            Assert.Null(_directory.TakeNext(now + TimeSpan.FromSeconds(seconds - 1)));
            now += TimeSpan.FromSeconds(seconds);
        }

        _directory.TakeNext(now);
        _directory.Ended(At(1), wasUseful: false, now);
        Assert.Equal(0, _directory.Count);
    }

    [Fact]
    public void A_useful_peer_is_forgiven_its_failures()
    {
        _directory.Add(At(1));
        for (int i = 0; i < 20; i++)
            _directory.Ended(At(1), wasUseful: i % 2 == 0, Start);
        Assert.Equal(1, _directory.Count);
    }

    [Fact]
    public void A_trusted_address_comes_first_and_is_never_forgotten()
    {
        _directory.Add(At(1));
        _directory.Add(At(2));
        _directory.Add(At(2), PeerSource.Manual);
        Assert.Equal(At(2), _directory.TakeNext(Start));
        for (int i = 0; i < 20; i++)
            _directory.Ended(At(2), wasUseful: false, Start);
        Assert.Equal(2, _directory.Count);
    }

    [Fact]
    public void When_all_are_to_be_retried_only_ourselves_stay_out()
    {
        _directory.Add(At(1));
        _directory.Add(At(2));
        _directory.Ended(At(1), wasUseful: false, Start);
        _directory.Forget(At(2));
        _directory.RetryAll();
        Assert.Equal(At(1), _directory.TakeNext(Start));
        Assert.Null(_directory.TakeNext(Start));
    }

    [Fact]
    public void A_banned_peer_is_forgotten_where_it_was_and_where_it_listens_and_others_at_its_address_stay()
    {
        _directory.Add(At(1, 1));
        _directory.Add(At(1, 2));
        _directory.Add(At(1, 3));
        _directory.Ban(At(1, 1), Id(1), listening: At(1, 2));

        Assert.Equal(1, _directory.Count);
        Assert.True(_directory.IsBanned(At(1, 1), Id(9)));
        Assert.True(_directory.IsBanned(At(1, 777), Id(1)));
        Assert.False(_directory.IsBanned(At(1, 3), Id(2)));
        Assert.False(_directory.IsBanned(At(2, 1), Id(1)));
        Assert.False(_directory.Add(At(1, 1)));
        Assert.False(_directory.Add(At(1, 2)));
    }

    [Fact]
    public void An_address_at_which_three_peers_were_banned_is_shut_out()
    {
        _directory.Add(At(1, 8));
        for (byte i = 1; i <= 3; i++)
        {
            Assert.False(_directory.IsBanned(At(1, 9), Id(9)));
            _directory.Ban(At(1, i), Id(i));
            _directory.Ban(At(1, i), Id(i));
        }

        Assert.True(_directory.IsBanned(At(1, 9), Id(9)));
        Assert.Equal(0, _directory.Count);
        Assert.False(_directory.Add(At(1, 10)));
    }

    [Fact]
    public void Of_IPv6_the_network_of_one_customer_counts_as_one_address()
    {
        for (byte i = 1; i <= 3; i++)
            _directory.Ban(new IPEndPoint(IPAddress.Parse($"2001:db8:0:1:{i}::1"), 1), Id(i));

        Assert.True(_directory.IsBanned(new IPEndPoint(IPAddress.Parse("2001:db8:0:1:ffff::1"), 1), Id(9)));
        Assert.False(_directory.IsBanned(new IPEndPoint(IPAddress.Parse("2001:db8:0:2::1"), 1), Id(9)));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("::")]
    [InlineData("ff02::1")]
    [InlineData("::ffff:224.0.0.1")]
    public void What_is_no_address_of_one_host_is_not_taken(string address) =>
        Assert.False(_directory.Add(new IPEndPoint(IPAddress.Parse(address), 6881)));

    [Fact]
    public void It_is_bounded_and_makes_room_for_the_trusted_only()
    {
        for (int i = 0; i < PeerDirectory.Capacity; i++)
            Assert.True(_directory.Add(At(i)));
        Assert.False(_directory.Add(At(5000)));
        Assert.True(_directory.Add(At(5001), PeerSource.Manual));
        Assert.Equal(PeerDirectory.Capacity, _directory.Count);
        Assert.False(_directory.Add(new IPEndPoint(IPAddress.Loopback, 0)));
    }

    private static IPEndPoint At(int address, int port = 6881) => new(new IPAddress([10, 1, (byte)(address >> 8), (byte)address]), port);

    private static PeerId Id(byte id) => new([.. "-XX0000-00000000000"u8, id]);
}
