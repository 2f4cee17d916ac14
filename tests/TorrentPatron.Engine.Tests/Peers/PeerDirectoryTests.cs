using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Peers;

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
    public void A_banned_address_is_forgotten_at_every_port_and_not_taken_again()
    {
        _directory.Add(At(1, 1));
        _directory.Add(At(1, 2));
        _directory.Add(At(2));
        _directory.Ban(At(1).Address);
        Assert.Equal(1, _directory.Count);
        Assert.True(_directory.IsBanned(At(1).Address));
        Assert.False(_directory.Add(At(1, 3)));
    }

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
}
