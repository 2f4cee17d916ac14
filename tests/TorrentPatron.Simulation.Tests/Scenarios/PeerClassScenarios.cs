using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>The limits over all torrents with peers in the local network, on the internet and in peer classes.</summary>
public sealed class PeerClassScenarios
{
    private const int Piece = 32 * 1024;
    private const int Limit = 50_000;

    private readonly SwarmTorrent _torrent = new(1, Piece, 60 * Piece);

    private double Size => _torrent.Metainfo.TotalSize;

    [Theory]
    [InlineData(TransportPolicy.Tcp)]
    [InlineData(TransportPolicy.Utp)]
    public Task A_far_peer_obeys_the_upload_limit_and_a_local_one_is_not_slowed_by_it(TransportPolicy transport) =>
        World.RunAsync(seed: 1, async world =>
        {
            await using Node seed = await SeedAsync(world, settings => settings with { Transport = transport });
            await using Node far = Far(world, 1);
            await far.StartAsync(_torrent, seed.EndPoint);
            var local = new Node(world, 2);
            TimeSpan began = world.Elapsed;
            await local.StartAsync(_torrent, seed.EndPoint);

            await world.UntilAsync(() => local.Has(_torrent), TimeSpan.FromMinutes(1), "the local peer is complete");
            TimeSpan fast = world.Elapsed - began;
            Assert.True(fast < TimeSpan.FromSeconds(Size / Limit / 3), $"{fast}");
            Assert.InRange(far.Status(_torrent).BytesReceived, 0, (fast.TotalSeconds + 1) * Limit);
            Assert.Equal(PeerClass.Local, Peer(seed, local)?.Class);
            Assert.Equal("", Peer(seed, far)?.Class);
            await local.DisposeAsync();

            await UntilHasAtAsync(world, far, Limit, began);
        });

    [Fact]
    public Task A_local_peer_obeys_the_upload_limit_only_while_the_setting_says_so() =>
        World.RunAsync(seed: 2, async world =>
        {
            await using Node seed = await SeedAsync(world, settings => settings with { LimitLocalPeers = true });
            await using Node local = new(world, 2);
            TimeSpan began = world.Elapsed;
            await local.StartAsync(_torrent, seed.EndPoint);
            await world.PassAsync(TimeSpan.FromSeconds(20));
            Assert.InRange(local.Status(_torrent).BytesReceived / (world.Elapsed - began).TotalSeconds, Limit * 0.6, Limit * 1.05);

            Assert.Empty(await ApplyAsync(world, seed, settings => settings with { LimitLocalPeers = false }));
            began = world.Elapsed;
            await world.UntilAsync(() => local.Has(_torrent), TimeSpan.FromSeconds(Size / Limit / 4), "it is complete soon");

            Assert.Equal(PeerClass.Local, Peer(seed, local)?.Class);
        });

    [Fact]
    public Task A_download_limit_does_not_slow_a_local_peer() =>
        World.RunAsync(seed: 3, async world =>
        {
            await using Node seed = await SeedAsync(world, settings => settings with { Limits = RateLimits.None });
            await using Node local = new(world, 2, settings: settings => settings with { Limits = new RateLimits(Limit, 0) });
            await local.StartAsync(_torrent, seed.EndPoint);
            await world.UntilAsync(() => local.Has(_torrent), TimeSpan.FromSeconds(Size / Limit / 4), "the local peer is complete soon");

            await using Node farSeed = Far(world, 2);
            await farSeed.SeedAsync(_torrent);
            await using Node far = Far(world, 1, settings => settings with { Limits = new RateLimits(Limit, 0) });
            TimeSpan began = world.Elapsed;
            await far.StartAsync(_torrent, farSeed.EndPoint);
            await UntilHasAtAsync(world, far, Limit, began);
        });

    [Theory]
    [InlineData(TransportPolicy.Tcp)]
    [InlineData(TransportPolicy.Utp)]
    public Task A_class_has_its_own_limit_beside_the_overall_one(TransportPolicy transport) =>
        World.RunAsync(seed: 4, async world =>
        {
            await using Node seed = await SeedAsync(
                world, settings => settings with { Transport = transport, PeerClasses = [Class("friends", "80.2.0.0/16") with { MaxUploadRate = 4 * Limit }] });
            await using Node far = Far(world, 1);
            await far.StartAsync(_torrent, seed.EndPoint);
            Node friend = Far(world, 2, at: "80.2.0.1");
            TimeSpan began = world.Elapsed;
            await friend.StartAsync(_torrent, seed.EndPoint);

            await UntilHasAtAsync(world, friend, 4 * Limit, began);
            Assert.InRange(far.Status(_torrent).BytesReceived, 1, ((world.Elapsed - began).TotalSeconds + 1) * Limit);
            Assert.Equal("friends", Peer(seed, friend)?.Class);
            await friend.DisposeAsync();
            await UntilHasAtAsync(world, far, Limit, began);
        });

    [Fact]
    public Task A_class_set_while_its_peer_is_connected_applies_at_once() =>
        World.RunAsync(seed: 5, async world =>
        {
            await using Node seed = await SeedAsync(world, settings => settings with { Limits = new RateLimits(0, 1_000) });
            await using Node far = Far(world, 1);
            await far.StartAsync(_torrent, seed.EndPoint);
            await world.PassAsync(TimeSpan.FromSeconds(30));
            Assert.InRange(far.Status(_torrent).BytesReceived, 1, 50_000);

            TimeSpan began = world.Elapsed;
            Assert.Empty(await ApplyAsync(world, seed, settings => settings with { PeerClasses = [Class("friends", "80.0.0.0/8") with { MaxUploadRate = 0 }] }));
            await world.UntilAsync(() => far.Has(_torrent), TimeSpan.FromSeconds(Size / Limit / 4), "it is complete soon");
        });

    [Fact]
    public Task A_local_peer_gets_a_slot_although_others_occupy_all_slots() =>
        World.RunAsync(seed: 6, async world =>
        {
            await using Node seed = await SeedAsync(world, settings => settings with { Limits = new RateLimits(0, 10_000) });
            var crowd = new List<Node>();
            for (int i = 1; i <= 12; i++)
            {
                crowd.Add(Far(world, i));
                await crowd[^1].StartAsync(_torrent, seed.EndPoint);
            }

            await world.UntilAsync(() => Unchoked(seed) == 8, TimeSpan.FromMinutes(1), "all slots are occupied");
            await using Node local = new(world, 2);
            await local.StartAsync(_torrent, seed.EndPoint);
            await world.UntilAsync(() => Peer(seed, local) is { AmChoking: false }, TimeSpan.FromSeconds(5), "the local peer is unchoked");
            Assert.Equal(9, Unchoked(seed));
            await world.UntilAsync(() => local.Has(_torrent), TimeSpan.FromSeconds(30), "the local peer is complete");

            foreach (Node other in crowd)
                await other.DisposeAsync();
        });

    private int Unchoked(Node seed) => seed.Client.GetPeers(_torrent.Metainfo.TorrentId).Count(peer => !peer.AmChoking);

    private async Task<Node> SeedAsync(World world, Func<ClientSettings, ClientSettings> settings)
    {
        var seed = new Node(world, 1, settings: made => settings(made with { Limits = new RateLimits(0, Limit) }));
        await seed.SeedAsync(_torrent);
        return seed;
    }

    /// <summary>A node on the internet that connects only to the given one.</summary>
    private static Node Far(World world, int number, Func<ClientSettings, ClientSettings>? settings = null, string? at = null) => new(
        world, 10 + number, world.Network.Join(at is null ? new IPAddress([80, 1, 1, (byte)number]) : IPAddress.Parse(at)),
        settings: made => (settings?.Invoke(made) ?? made) with { MaxPeersPerTorrent = 1 });

    /// <summary>Waits until a peer completes: as soon as its rate allows, and not much later.</summary>
    private async Task UntilHasAtAsync(World world, Node node, double rate, TimeSpan began)
    {
        await world.UntilAsync(() => node.Has(_torrent), TimeSpan.FromMinutes(10), "it is complete");
        Assert.InRange(Size / (world.Elapsed - began).TotalSeconds, rate * 0.7, rate * 1.2);
    }

    private PeerSnapshot? Peer(Node of, Node peer) =>
        of.Client.GetPeers(_torrent.Metainfo.TorrentId).SingleOrDefault(other => other.EndPoint.Address.Equals(peer.Host.Address));

    private static Task<IReadOnlyList<TorrentError>> ApplyAsync(World world, Node node, Func<ClientSettings, ClientSettings> change) =>
        world.UntilAsync(node.Client.ApplyAsync(change(node.Client.Settings)), TimeSpan.FromMinutes(1), "the settings are changed");

    private static PeerClass Class(string name, string range) =>
        PeerClass.TryMake(name, [range], out PeerClass? made, out TorrentError? error) ? made : throw new ArgumentException(error.Message);
}
