using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Tests;

/// <summary>Changes to the settings of a running engine.</summary>
public sealed class SettingsTests
{
    private const int Piece = 32 * 1024;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Removing_a_limit_over_all_torrents_lets_a_download_continue_at_once()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(110, Piece, 40 * Piece);
        ClientSettings made = null!;
        await using TestEngine seed = new(network, 1);
        await using TestEngine leecher = new(network, 2, settings: s => made = s with { Limits = new RateLimits(1, 0), LimitLocalPeers = true });
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent, seed.EndPoint);
        await leecher.WaitStatusAsync(s => s.ConnectedPeers == 1);

        Assert.Empty(await leecher.Client.ApplyAsync(made with { Limits = RateLimits.None }, Token));

        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
    }

    [Fact]
    public async Task After_a_change_of_port_only_the_new_one_listens_and_trackers_are_told()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(111, Piece, 4 * Piece);
        ClientSettings made = null!;
        await using TestEngine seed = new(network, 1, settings: s => made = s), leecher = new(network, 2);
        torrent.WriteTo(seed.Destination);
        await seed.StartAsync(torrent.Metainfo, new MemoryResumeStore(), c => c with { Trackers = [new Uri("http://t.example/announce")] });
        (await seed.Trackers.NextAsync()).Answer.SetResult(new AnnounceResponse { Interval = TimeSpan.FromHours(1) });
        IPEndPoint old = seed.EndPoint;
        int port = old.Port + 1000;

        Assert.Empty(await seed.Client.ApplyAsync(made with { ListenPort = port }, Token));

        Assert.Equal(new IPEndPoint(old.Address, port), seed.EndPoint);
        Assert.Equal(port, (await seed.Trackers.NextAsync()).Request.Port);
        await Assert.ThrowsAnyAsync<IOException>(() => ScriptedPeer.DialAsync(network, old));
        await leecher.StartAsync(torrent, seed.EndPoint);
        await leecher.CompletedAsync();

        Assert.Empty(await seed.Client.ApplyAsync(made with { ListenPort = -1 }, Token));
        Assert.Empty(seed.Client.GetClientStatus().ListenEndPoints);
    }

    [Fact]
    public async Task An_unavailable_port_is_reported_and_the_old_one_is_kept()
    {
        var network = new MemoryNetwork();
        ClientSettings made = null!;
        await using TestEngine engine = new(network, 1, settings: s => made = s);
        IPEndPoint old = engine.EndPoint;
        var taken = new IPEndPoint(old.Address, old.Port + 1000);
        network.Listen(taken);

        TorrentError error = Assert.Single(await engine.Client.ApplyAsync(made with { ListenPort = taken.Port }, Token));

        Assert.Equal(TorrentErrorId.ListenFailed, error.Id);
        Assert.Equal(old, engine.EndPoint);
        Assert.Null(engine.Client.GetClientStatus().Warning);
    }

    [Fact]
    public async Task Settings_fixed_while_it_runs_are_reported_and_the_others_change()
    {
        ClientSettings made = null!;
        await using TestEngine engine = new(new MemoryNetwork(), 1, settings: s => made = s);

        IReadOnlyList<TorrentError> refused = await engine.Client.ApplyAsync(
            made with { BindAddress = IPAddress.Parse("127.0.0.9"), DiskThreads = 3, MaxQueuedBytes = 1, MaxPeers = 7 }, Token);

        Assert.Equal([TorrentErrorId.NotSupported, TorrentErrorId.NotSupported, TorrentErrorId.NotSupported], refused.Select(e => e.Id));
        Assert.Equal((7, made.BindAddress), (engine.Client.Resources.Settings.MaxPeers, engine.Client.Resources.Settings.BindAddress));
        await engine.StopAsync();
        Assert.Equal(TorrentErrorId.PatronStopped, Assert.Single(await engine.Client.ApplyAsync(made, Token)).Id);
    }
}
