using System.Net;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Protocol.Tests.Dht;

public sealed class PeerStoreTests
{
    private static readonly InfoHash Torrent = InfoHash.OfInfo("one"u8);

    private readonly PeerStore _store = new(new Random(1));

    [Fact]
    public void Peers_are_found_until_their_last_announce_is_too_old()
    {
        _store.Add(Torrent, At(1), isSeed: false, TimeSpan.Zero);
        _store.Add(Torrent, At(2), isSeed: false, TimeSpan.FromMinutes(30));
        _store.Expire(TimeSpan.FromMinutes(44));
        Assert.Equal(2, _store.Find(Torrent, 10, noSeeds: false).Count);
        _store.Expire(TimeSpan.FromMinutes(45));
        Assert.Equal([At(2)], _store.Find(Torrent, 10, noSeeds: false));
        _store.Expire(TimeSpan.FromMinutes(75));
        Assert.Equal((0, 0), (_store.TorrentCount, _store.PeerCount));
        Assert.Empty(_store.Find(Torrent, 10, noSeeds: false));
    }

    [Fact]
    public void One_internet_address_is_one_peer_of_a_torrent()
    {
        _store.Add(Torrent, At(1, 100), isSeed: false, TimeSpan.Zero);
        _store.Add(Torrent, At(1, 200), isSeed: true, TimeSpan.Zero);
        Assert.Equal([At(1, 200)], _store.Find(Torrent, 10, noSeeds: false));
        Assert.Equal(1, _store.PeerCount);
    }

    [Fact]
    public void On_one_machine_each_port_is_a_peer()
    {
        _store.Add(Torrent, IPEndPoint.Parse("127.0.0.1:1"), isSeed: false, TimeSpan.Zero);
        _store.Add(Torrent, IPEndPoint.Parse("127.0.0.1:2"), isSeed: false, TimeSpan.Zero);
        Assert.Equal(2, _store.PeerCount);
    }

    [Fact]
    public void Seeds_are_not_returned_to_seeds_and_are_counted_separately()
    {
        _store.Add(Torrent, At(1), isSeed: true, TimeSpan.Zero);
        _store.Add(Torrent, At(2), isSeed: false, TimeSpan.Zero);
        _store.Add(Torrent, At(3), isSeed: false, TimeSpan.Zero);

        Assert.Equal([At(2), At(3)], _store.Find(Torrent, 10, noSeeds: true).OrderBy(peer => peer.ToString()));
        (ScrapeFilter seeds, ScrapeFilter peers) = _store.Scrape(Torrent)!.Value;
        Assert.Equal(1, seeds.Estimate(), tolerance: 0.1);
        Assert.Equal(2, peers.Estimate(), tolerance: 0.1);
        Assert.Null(_store.Scrape(InfoHash.OfInfo("other"u8)));
    }

    [Fact]
    public void It_is_bounded_and_makes_room_for_newcomers()
    {
        for (int i = 0; i < PeerStore.MaxPeersOfTorrent + 100; i++)
            _store.Add(Torrent, At(i), isSeed: false, TimeSpan.FromSeconds(i));
        Assert.Equal(PeerStore.MaxPeersOfTorrent, _store.PeerCount);
        Assert.Contains(At(599), _store.Find(Torrent, 1000, noSeeds: false));
        Assert.DoesNotContain(At(99), _store.Find(Torrent, 1000, noSeeds: false));

        for (int i = 0; i < 20_200; i++)
            _store.Add(Other(1 + i % 200), At(i), isSeed: false, TimeSpan.FromHours(1));
        Assert.Equal(PeerStore.MaxPeers, _store.PeerCount);
        var others = new PeerStore(new Random(1));
        for (int i = 0; i < PeerStore.MaxTorrents + 50; i++)
            others.Add(Other(i), At(i), isSeed: false, TimeSpan.Zero);
        Assert.Equal(PeerStore.MaxTorrents, others.TorrentCount);
    }

    [Fact]
    public void A_hosts_places_are_bounded_and_its_newer_announces_replace_its_oldest()
    {
        for (int i = 0; i <= PeerStore.MaxPeersOfHost; i++)
            _store.Add(Other(i), IPEndPoint.Parse($"[2a01:db8:1:2::{i + 1:x}]:6881"), isSeed: false, TimeSpan.FromSeconds(i));

        Assert.Equal(PeerStore.MaxPeersOfHost, _store.PeerCount);
        Assert.Empty(_store.Find(Other(0), 10, noSeeds: false));
        Assert.Single(_store.Find(Other(PeerStore.MaxPeersOfHost), 10, noSeeds: false));
    }

    [Fact]
    public void Many_peers_from_one_host_are_removed_before_others()
    {
        for (int i = 0; i < PeerStore.MaxPeersOfTorrent - 20; i++)
            _store.Add(Torrent, At(i), isSeed: false, TimeSpan.Zero);
        for (int i = 0; i < 20; i++)
            _store.Add(Torrent, IPEndPoint.Parse($"[2a01:db8:1:2::{i + 1:x}]:6881"), isSeed: false, TimeSpan.FromMinutes(1));
        for (int i = 0; i < 19; i++)
            _store.Add(Torrent, At(10_000 + i), isSeed: false, TimeSpan.FromMinutes(2));

        IReadOnlyList<IPEndPoint> left = _store.Find(Torrent, 1000, noSeeds: false);
        Assert.Equal(PeerStore.MaxPeersOfTorrent - 1, left.Count(peer => peer.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork));
    }

    [Fact]
    public void Twenty_five_hosts_cannot_fill_it_for_others()
    {
        for (int host = 0; host < 25; host++)
        {
            for (int i = 0; i < 1000; i++)
                _store.Add(Other(1000 * host + i), At(host), isSeed: false, TimeSpan.Zero);
        }

        _store.Add(Torrent, At(100), isSeed: false, TimeSpan.FromSeconds(17));
        Assert.Equal([At(100)], _store.Find(Torrent, 10, noSeeds: false));
        for (int i = 0; i < 1000; i++)
            _store.Add(Other(50_000 + i), At(1), isSeed: false, TimeSpan.FromMinutes(1));
        Assert.Equal([At(100)], _store.Find(Torrent, 10, noSeeds: false));
    }

    [Fact]
    public void Some_of_many_peers_are_returned()
    {
        for (int i = 0; i < 100; i++)
            _store.Add(Torrent, At(i), isSeed: false, TimeSpan.Zero);
        Assert.Equal(10, _store.Find(Torrent, 10, noSeeds: false).Distinct().Count());
        Assert.NotEqual(_store.Find(Torrent, 10, noSeeds: false), _store.Find(Torrent, 10, noSeeds: false));
        for (int i = 0; i < 100; i++)
            _store.Add(Other(i), At(i), isSeed: false, TimeSpan.Zero);
        Assert.Equal(20, _store.Sample(20).Distinct().Count());
    }

    private static InfoHash Other(int i) => InfoHash.OfInfo(BitConverter.GetBytes(i));

    private static IPEndPoint At(int i, int port = 6881) => new(new IPAddress([50, (byte)(i >> 16), (byte)(i >> 8), (byte)i]), port);
}
