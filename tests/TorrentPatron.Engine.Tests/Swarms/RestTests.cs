using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Idle torrents.</summary>
public sealed class RestTests
{
    private const int Piece = 32 * 1024;

    [Fact]
    public async Task An_idle_seed_sends_no_updates_but_its_requested_status_is_current()
    {
        var time = new FakeTimeProvider();
        var torrent = new SwarmTorrent(71, Piece, 2 * Piece);
        await using var engine = new TestEngine(new MemoryNetwork(), time: time);
        TorrentId id = torrent.Metainfo.TorrentId;
        await engine.SeedAsync(torrent);
        TorrentStatus before = engine.Client.GetStatus(id)!;
        int updates = engine.Messages.OfType<TorrentStatusUpdate>().Count();

        time.Advance(TimeSpan.FromMinutes(5));
        await engine.SendAsync(c => new SetTorrent(c, id, TorrentOptions.Unchanged));

        Assert.Equal(updates, engine.Messages.OfType<TorrentStatusUpdate>().Count());
        TorrentStatus after = engine.Client.GetStatus(id)!;
        Assert.Equal(TimeSpan.FromMinutes(5), after.Timestamp - before.Timestamp);
        Assert.Equal(TimeSpan.FromMinutes(5), after.SeedingTime - before.SeedingTime);
    }

    [Fact]
    public async Task A_long_idle_seed_serves_a_new_peer_and_reports_it()
    {
        var network = new MemoryNetwork();
        var time = new FakeTimeProvider();
        var torrent = new SwarmTorrent(72, Piece, 20 * Piece);
        await using var seed = new TestEngine(network, 1, time);
        await using var leecher = new TestEngine(network, 2);
        TorrentId id = torrent.Metainfo.TorrentId;
        await seed.SeedAsync(torrent);
        time.Advance(TimeSpan.FromHours(1));

        await leecher.StartAsync(torrent, seed.EndPoint);
        await leecher.CompletedAsync();

        await TestEngine.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return seed.Messages.OfType<TorrentStatusUpdate>().Any(update => update.Status is { BytesSent: 20 * Piece, UploadRate: > 0 });
        });
        await TestEngine.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return seed.Client.GetStatus(id) is { BytesSent: 20 * Piece, UploadRate: 0, ConnectedPeers: 0 };
        });
    }

    [Fact]
    public async Task The_result_of_a_check_is_saved_once_before_the_torrent_joins_its_swarm()
    {
        var torrent = new SwarmTorrent(73, Piece, 4 * Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        torrent.WriteTo(engine.Destination);
        var store = new MemoryResumeStore();
        var states = new List<TorrentState?>();
        store.OnCheckpoint = () => states.Add(engine.Client.GetStatus(torrent.Metainfo.TorrentId)?.State);

        await engine.StartAsync(torrent.Metainfo, store);
        await engine.CompletedAsync();

        Assert.Equal([TorrentState.Checking], states);
        Assert.True(store.Data is { Verified.IsFull: true, Doubtful: null, CompletedAt: not null });
    }
}
