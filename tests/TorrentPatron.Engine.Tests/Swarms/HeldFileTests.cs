using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Storage;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>On Windows a file that is open for writing cannot be opened by most other programs.</summary>
public sealed class HeldFileTests
{
    private const int Piece = 64 * 1024;

    [Fact]
    public async Task A_complete_torrent_keeps_no_file_open_for_writing_and_a_suspended_one_none_at_all()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(1, Piece, 3_000_001, 5, 700_000);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent, seed.EndPoint);

        await leecher.CompletedAsync();

        Assert.Empty(OpenFiles.ForWriting(leecher.Destination));
        await seed.SendAsync(id => new SuspendTorrent(id, torrent.Metainfo.TorrentId));
        Assert.Empty(OpenFiles.Open(seed.Destination));
        await leecher.SendAsync(id => new SuspendTorrent(id, torrent.Metainfo.TorrentId));
        Assert.Empty(OpenFiles.Open(leecher.Destination));
    }

    [Fact]
    public async Task A_torrent_suspended_while_downloading_keeps_no_file_open_and_continues_when_resumed()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(2, Piece, 2_000_000, 1_000_000);
        await using TestEngine seed = new(network, 1, settings: s => s with { Limits = new RateLimits(0, 1_000_000), LimitLocalPeers = true }), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent, seed.EndPoint);
        await TestEngine.UntilAsync(() => leecher.Client.GetStatus(torrent.Metainfo.TorrentId)!.VerifiedPieces > 2);

        await leecher.SendAsync(id => new SuspendTorrent(id, torrent.Metainfo.TorrentId));

        Assert.Empty(OpenFiles.Open(leecher.Destination));
        await leecher.SendAsync(id => new ResumeTorrent(id, torrent.Metainfo.TorrentId));
        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
        Assert.Empty(OpenFiles.ForWriting(leecher.Destination));
    }

    [Fact]
    public async Task A_download_to_a_file_system_without_holes_completes_in_any_order_of_pieces()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(4, Piece, 24_000_000);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        leecher.Client.Resources.Files.KnowsHoles = _ => false;
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent, seed.EndPoint);

        await leecher.CompletedAsync();

        torrent.AssertIsIn(leecher.Destination);
    }

    [Fact]
    public async Task A_failed_torrent_keeps_no_file_open_for_writing()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(3, Piece, 4_000_000);
        await using TestEngine seed = new(network, 1, settings: s => s with { Limits = new RateLimits(0, 1_000_000), LimitLocalPeers = true }), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent, seed.EndPoint);
        await TestEngine.UntilAsync(() => leecher.Client.GetStatus(torrent.Metainfo.TorrentId)!.VerifiedPieces > 2);

        leecher.Client.Resources.Faults.EndTorrent(torrent.Metainfo.TorrentId, "a test", new InvalidOperationException("A mistake."));

        await leecher.WaitStatusAsync(status => status.State == TorrentState.Failed);
        await TestEngine.UntilAsync(() => OpenFiles.ForWriting(leecher.Destination).Count == 0);
    }
}
