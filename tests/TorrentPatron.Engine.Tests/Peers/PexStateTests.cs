using System.Net;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class PexStateTests
{
    private readonly PexState _state = new();

    [Fact]
    public void Each_message_contains_the_changes_since_the_last_one()
    {
        PexMessage first = _state.Next([At(1), At(2)], TimeSpan.Zero)!;
        Assert.Equal([At(1), At(2)], first.Added);
        Assert.Empty(first.Dropped);
        Assert.False(_state.IsDue(TimeSpan.FromSeconds(59)));
        Assert.True(_state.IsDue(TimeSpan.FromSeconds(60)));

        PexMessage second = _state.Next([At(2), At(3)], TimeSpan.FromSeconds(60))!;
        Assert.Equal([At(3)], second.Added);
        Assert.Equal([At(1).EndPoint], second.Dropped);
        Assert.Null(_state.Next([At(3), At(2)], TimeSpan.FromSeconds(120)));
    }

    [Fact]
    public void Without_changes_the_next_check_is_soon()
    {
        Assert.True(_state.IsDue(TimeSpan.Zero));
        Assert.Null(_state.Next([], TimeSpan.Zero));
        Assert.False(_state.IsDue(TimeSpan.FromSeconds(4)));
        Assert.True(_state.IsDue(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void Many_peers_are_sent_fifty_at_a_time()
    {
        PexPeer[] many = [.. Enumerable.Range(0, 120).Select(At)];
        int[] told = [.. Enumerable.Range(0, 4).Select(round => _state.Next(many, TimeSpan.FromMinutes(round))?.Added.Count ?? 0)];
        Assert.Equal([50, 50, 20, 0], told);
        Assert.Equal([50, 50, 20], Enumerable.Range(4, 3).Select(round => _state.Next([], TimeSpan.FromMinutes(round))!.Dropped.Count));
    }

    [Fact]
    public void Messages_that_arrive_too_soon_are_ignored_and_eventually_not_tolerated()
    {
        var message = new PexMessage { Added = [At(1)] };
        Assert.Null(_state.Take(message, TimeSpan.Zero, out IReadOnlyList<PexPeer> peers));
        Assert.Single(peers);
        for (int i = 0; i < 10; i++)
        {
            Assert.Null(_state.Take(message, TimeSpan.FromSeconds(44), out peers));
            Assert.Empty(peers);
        }

        Assert.NotNull(_state.Take(message, TimeSpan.FromSeconds(44), out peers));
        Assert.Null(_state.Take(message, TimeSpan.FromSeconds(45), out peers));
        Assert.Single(peers);
    }

    [Fact]
    public void The_total_number_of_peers_from_one_peer_is_bounded()
    {
        int taken = 0;
        for (int round = 0; round < 100; round++)
        {
            var message = new PexMessage { Added = [.. Enumerable.Range(round * 50, 50).Select(At)] };
            Assert.Null(_state.Take(message, TimeSpan.FromMinutes(round), out IReadOnlyList<PexPeer> peers));
            taken += peers.Count;
        }

        Assert.Equal(500, taken);
    }

    private static PexPeer At(int i) => new(new IPEndPoint(new IPAddress([50, 1, (byte)(i >> 8), (byte)i]), 6881), PexFlags.None);
}
