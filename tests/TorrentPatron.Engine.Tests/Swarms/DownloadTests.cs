using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class DownloadTests
{
    private const int Piece = 64 * 1024;

    [Fact]
    public async Task A_leecher_downloads_everything_from_a_seed_and_completes_once()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(1, Piece, 3_000_001);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent, seed.EndPoint);

        TorrentCompleted completed = await leecher.CompletedAsync();

        Assert.Equal(CompletionReason.Downloaded, completed.Reason);
        Assert.Equal(TorrentState.Seeding, completed.Status.State);
        Assert.True(completed.Status.IsComplete);
        Assert.Equal(completed.Status.PieceCount, completed.Status.VerifiedPieces);
        torrent.AssertIsIn(leecher.Destination);
        await leecher.StopAsync();
        Assert.Single(leecher.Messages.OfType<TorrentCompleted>());
        Assert.Equal(
            [TorrentState.Downloading, TorrentState.Seeding, TorrentState.Stopped],
            leecher.Messages.OfType<TorrentStateChanged>().Select(m => m.Status.State));
    }

    [Fact]
    public async Task A_torrents_status_never_goes_backwards()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(2, 16 * 1024, 4_000_000);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent, seed.EndPoint);
        var seen = new List<TorrentStatus>();
        await TestEngine.UntilAsync(() =>
        {
            seen.Add(leecher.Client.GetStatus(torrent.Metainfo.TorrentId)!);
            return seen[^1].IsComplete;
        });

        Assert.Equal(seen.OrderBy(s => s.VerifiedPieces), seen);
        Assert.Equal(seen.OrderBy(s => s.BytesReceived), seen);
        Assert.Equal(seen.OrderBy(s => s.Timestamp), seen);
    }

    [Fact]
    public async Task One_seed_and_four_leechers_that_know_each_other_all_become_complete()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(3, Piece, 1_500_000, 0, 700_000, 1);
        await using TestEngine seed = new(network, 1), a = new(network, 2), b = new(network, 3), c = new(network, 4), d = new(network, 5);
        await seed.SeedAsync(torrent);
        TestEngine[] leechers = [a, b, c, d];
        IPEndPoint[] all = [seed.EndPoint, .. leechers.Select(l => l.EndPoint)];
        foreach (TestEngine leecher in leechers)
            await leecher.StartAsync(torrent, all);

        foreach (TestEngine leecher in leechers)
        {
            await leecher.CompletedAsync();
            torrent.AssertIsIn(leecher.Destination);
        }
    }

    [Fact]
    public async Task A_torrent_without_any_bytes_is_complete_at_once()
    {
        var torrent = new SwarmTorrent(4, Piece, 0);
        await using TestEngine engine = new(new MemoryNetwork());
        await engine.StartAsync(torrent);

        Assert.Equal(TorrentState.Seeding, (await engine.CompletedAsync()).Status.State);
        torrent.AssertIsIn(engine.Destination);
    }

    [Fact]
    public async Task Pieces_longer_than_a_write_run_arrive_whole()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(5, 8 << 20, 17_000_000);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent, seed.EndPoint);

        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
    }

    [Fact]
    public async Task A_small_disk_queue_slows_a_download_but_does_not_stop_it()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(6, Piece, 3_000_000);
        await using TestEngine seed = new(network, 1);
        await using var leecher = new TestEngine(network, 2, settings: s => s with { MaxQueuedBytes = 64 * 1024 });
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent, seed.EndPoint);

        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
    }

    [Fact]
    public async Task Only_wanted_files_are_fetched()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(7, Piece, 10 * Piece, 10 * Piece, 10 * Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent.Metainfo, new MemoryResumeStore(), command => command with
        {
            Peers = [seed.EndPoint],
            FilePriorities = [FilePriority.Skip, FilePriority.High, FilePriority.Skip],
        });

        TorrentCompleted completed = await leecher.CompletedAsync();

        Assert.Equal(10, completed.Status.VerifiedPieces);
        Assert.Equal(10 * Piece, completed.Status.WantedSize);
        Assert.Equal(10 * Piece, completed.Status.BytesReceived);
        torrent.AssertIsIn(leecher.Destination, torrent.Metainfo.Files[1]);
        Assert.False(File.Exists(Path.Combine(leecher.Destination, torrent.Metainfo.Files[0].Path)));
        Assert.False(File.Exists(Path.Combine(leecher.Destination, torrent.Metainfo.Files[2].Path)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_peer_that_sends_a_wrong_piece_is_banned_and_another_completes_it(bool isFast)
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(8, Piece, 5 * Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await leecher.StartAsync(torrent);
        using ScriptedPeer liar = await ScriptedPeer.ConnectAsync(network, leecher, torrent, isFast: isFast);
        await liar.SendAsync(MessageId.Bitfield, 0b1111_1000);
        await liar.SendAsync(MessageId.Unchoke);
        await liar.ServeAsync(torrent, isWrong: _ => true);

        await seed.SeedAsync(torrent);
        await leecher.SendAsync(id => new AddSources(id, torrent.Metainfo.TorrentId, [seed.EndPoint], []));
        TorrentCompleted completed = await leecher.CompletedAsync();

        Assert.True(completed.Status.FailedPieces > 0);
        Assert.True(completed.Status.BytesWasted >= Piece);
        torrent.AssertIsIn(leecher.Destination);
    }

    [Fact]
    public async Task A_piece_left_unfinished_by_a_peer_is_completed_by_another()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(9, Piece, Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await leecher.StartAsync(torrent);
        using (ScriptedPeer leaver = await ScriptedPeer.ConnectAsync(network, leecher, torrent))
        {
            await leaver.SendAsync(MessageId.HaveAll);
            await leaver.SendAsync(MessageId.Unchoke);
            BlockRequest first = await leaver.NextRangeAsync(MessageId.Request);
            await leaver.SendAsync(ScriptedPeer.Block(torrent, first));
            await TestEngine.UntilAsync(() => leecher.Client.GetStatus(torrent.Metainfo.TorrentId)!.BytesReceived > 0);
        }

        await seed.SeedAsync(torrent);
        await leecher.SendAsync(id => new AddSources(id, torrent.Metainfo.TorrentId, [seed.EndPoint], []));
        TorrentCompleted completed = await leecher.CompletedAsync();

        Assert.Equal(Piece, completed.Status.BytesReceived);
        torrent.AssertIsIn(leecher.Destination);
    }

    [Fact]
    public async Task Blocks_received_before_a_peer_broke_the_protocol_count()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(10, Piece, Piece);
        await using TestEngine leecher = new(network);
        await leecher.StartAsync(torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, leecher, torrent);
        await peer.SendAsync(MessageId.HaveAll);
        await peer.SendAsync(MessageId.Unchoke);
        for (int block = 0; block < 3; block++)
            await peer.SendAsync(ScriptedPeer.Block(torrent, await peer.NextRangeAsync(MessageId.Request)));
        byte[] last = ScriptedPeer.Block(torrent, await peer.NextRangeAsync(MessageId.Request));
        await peer.SendAsync(new ReadOnlyMemory<byte>([.. last, 0, 0, 0, 2, (byte)MessageId.Choke, 0]));

        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_choke_cancels_requests_and_an_unchoke_repeats_them(bool isFast)
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(11, Piece, 2 * Piece);
        await using TestEngine leecher = new(network);
        await leecher.StartAsync(torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, leecher, torrent, isFast: isFast);
        await peer.SendAsync(MessageId.Bitfield, 0b1100_0000);
        await peer.SendAsync(MessageId.Unchoke);
        BlockRequest first = await peer.NextRangeAsync(MessageId.Request);
        await peer.SendAsync(MessageId.Choke);
        if (isFast)
        {
            await peer.SendRangeAsync(MessageId.RejectRequest, first);
            for (int block = 1; block < 8; block++)
                await peer.SendRangeAsync(MessageId.RejectRequest, await peer.NextRangeAsync(MessageId.Request));
        }

        await peer.SendAsync(MessageId.Unchoke);
        Task serving = peer.ServeAsync(torrent);

        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
        await leecher.StopAsync();
        await serving;
    }

    [Fact]
    public async Task A_rejected_block_is_requested_from_another_peer()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(12, Piece, 4 * Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await leecher.StartAsync(torrent);
        using ScriptedPeer refuser = await ScriptedPeer.ConnectAsync(network, leecher, torrent);
        await refuser.SendAsync(MessageId.HaveAll);
        await refuser.SendAsync(MessageId.Unchoke);
        await refuser.SendRangeAsync(MessageId.RejectRequest, await refuser.NextRangeAsync(MessageId.Request));
        Task refusing = RefuseAsync();
        await seed.SeedAsync(torrent);
        await leecher.SendAsync(id => new AddSources(id, torrent.Metainfo.TorrentId, [seed.EndPoint], []));

        await leecher.CompletedAsync();
        torrent.AssertIsIn(leecher.Destination);
        await leecher.StopAsync();
        await refusing;

        async Task RefuseAsync()
        {
            try
            {
                while (await refuser.NextAsync() is { } message)
                {
                    if (message.Id == MessageId.Request)
                        await refuser.SendRangeAsync(MessageId.RejectRequest, ScriptedPeer.ReadRange(message.Body));
                }
            }
            catch (IOException)
            {
                // The engine has closed the connection.
            }
        }
    }

    [Fact]
    public async Task A_peer_that_rejects_every_request_is_dropped()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(13, Piece, Piece);
        await using TestEngine leecher = new(network);
        await leecher.StartAsync(torrent);
        using ScriptedPeer refuser = await ScriptedPeer.ConnectAsync(network, leecher, torrent);
        await refuser.SendAsync(MessageId.HaveAll);
        await refuser.SendAsync(MessageId.Unchoke);
        int asked = 0;
        try
        {
            for (; await refuser.NextAsync() is { } message && asked < 10_000; asked++)
            {
                if (message.Id == MessageId.Request)
                    await refuser.SendRangeAsync(MessageId.RejectRequest, ScriptedPeer.ReadRange(message.Body));
            }
        }
        catch (IOException)
        {
            // The peer was disconnected while it sent.
        }

        Assert.True(asked < 10_000, "it is not asked endlessly");
    }
}
