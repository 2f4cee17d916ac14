using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class HostilePeerTests
{
    private const int Piece = 32 * 1024;

    private static readonly SwarmTorrent Torrent = new(20, Piece, 4 * Piece);

    [Theory]
    [InlineData("a bitfield of a wrong size", "00000003 05 8000")]
    [InlineData("a bitfield with a spare bit", "00000002 05 81")]
    [InlineData("a have message out of range", "00000005 04 00000004")]
    [InlineData("a have message below zero", "00000005 04 ffffffff")]
    [InlineData("a request out of range", "0000000d 06 00000004 00000000 00004000")]
    [InlineData("a request past the piece's end", "0000000d 06 00000000 00008000 00004000")]
    [InlineData("a request that overflows", "0000000d 06 00000000 7fffffff 00004000")]
    [InlineData("a request of no bytes", "0000000d 06 00000000 00000000 00000000")]
    [InlineData("a request of too many bytes", "0000000d 06 00000000 00000000 00004001")]
    [InlineData("a message that is too long", "7fffffff 07")]
    [InlineData("a length below zero", "ffffffff")]
    [InlineData("a block without bytes", "00000009 07 00000000 00000000")]
    [InlineData("a block that is too long", "0000400a 07 00000000 00000000")]
    [InlineData("a choke with a body", "00000002 00 00")]
    [InlineData("an extended message without a number", "00000001 14")]
    public async Task A_forbidden_message_ends_the_connection_and_nothing_else(string what, string hex)
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, Torrent);

        await peer.SendAsync(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

        await peer.AssertClosedAsync();
        await AssertStillWorksAsync(network, engine, what);
    }

    [Fact]
    public async Task An_invalid_handshake_ends_the_connection()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ScriptedPeer.DialAsync(network, engine.EndPoint);
        await peer.SendAsync(new byte[Handshake.Length]);

        await peer.AssertClosedAsync();
    }

    [Fact]
    public async Task A_handshake_for_another_torrent_is_not_answered()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ScriptedPeer.DialAsync(network, engine.EndPoint);
        await peer.SendHandshakeAsync(new InfoHash(new byte[20]));

        await peer.AssertClosedAsync();
    }

    [Fact]
    public async Task A_peer_that_answers_for_another_torrent_is_disconnected()
    {
        var network = new MemoryNetwork();
        MemoryTransport other = network.Join();
        using IListener listener = other.Listen(new(other.Address, 0));
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent, listener.LocalEndPoint);
        using ScriptedPeer peer = await ScriptedPeer.AwaitAsync(listener, new SwarmTorrent(21, Piece, Piece));

        await peer.AssertClosedAsync();
    }

    [Fact]
    public async Task An_engine_that_receives_its_own_address_does_not_connect_to_itself()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent, engine.EndPoint);
        await TestEngine.UntilAsync(() => network.Dialled == 1);

        await AssertStillWorksAsync(network, engine, "ourselves");
        Assert.Equal(2, network.Dialled);
    }

    [Fact]
    public async Task A_second_connection_with_the_same_peer_id_and_address_is_refused()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent);
        MemoryTransport host = network.Join();
        using ScriptedPeer first = await ScriptedPeer.ConnectAsync(network, engine, Torrent, id: 7, from: host);
        Assert.Equal(MessageId.HaveNone, (await first.NextAsync())!.Value.Id);
        using ScriptedPeer second = await ScriptedPeer.ConnectAsync(network, engine, Torrent, id: 7, from: host);

        await second.AssertClosedAsync();
        await first.SendAsync(MessageId.HaveAll);
        await first.NextAsync(MessageId.Interested);
    }

    [Fact]
    public async Task Unrequested_blocks_are_discarded_and_too_many_end_the_connection()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, Torrent);
        byte[] block = ScriptedPeer.Block(Torrent, new BlockRequest(0, 0, 1));
        int sent = 0;
        try
        {
            for (; sent < 100 * PeerDownload.MostUnaskedBlocks; sent++)
                await peer.SendAsync(block);
        }
        catch (IOException)
        {
            // The engine has closed the connection.
        }

        Assert.InRange(sent, PeerDownload.MostUnaskedBlocks, 100 * PeerDownload.MostUnaskedBlocks - 1);
        await AssertStillWorksAsync(network, engine, "unasked blocks");
    }

    [Fact]
    public async Task A_choked_newcomer_gets_its_allowed_fast_pieces()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.SeedAsync(Torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, Torrent);
        var granted = new HashSet<int>();
        Assert.Equal(MessageId.HaveAll, (await peer.NextAsync())!.Value.Id);
        for (int i = 0; i < 4; i++)
            granted.Add((await peer.NextAsync(MessageId.AllowedFast))[3]);
        Assert.Equal(4, granted.Count);

        var range = new BlockRequest(2, 0, 100);
        await peer.SendRangeAsync(MessageId.Request, range);
        byte[] body = await peer.NextAsync(MessageId.Piece);
        Assert.True(body.AsSpan(8).SequenceEqual(Torrent.Bytes(2, 0, 100)));
    }

    [Fact]
    public async Task A_request_for_a_missing_piece_is_rejected()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, Torrent);
        var range = new BlockRequest(1, 16384, 16384);
        await peer.SendRangeAsync(MessageId.Request, range);

        Assert.Equal(range, await peer.NextRangeAsync(MessageId.RejectRequest));
    }

    [Fact]
    public async Task A_seed_answers_requests_once_the_peer_is_interested_and_stops_at_a_cancel()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.SeedAsync(Torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, Torrent, isFast: false);
        Assert.Equal([0b1111_0000], await peer.NextAsync(MessageId.Bitfield));
        await peer.SendAsync(MessageId.Interested);
        await peer.NextAsync(MessageId.Unchoke);
        await peer.SendRangeAsync(MessageId.Request, new BlockRequest(3, 16384, 16384));

        byte[] body = await peer.NextAsync(MessageId.Piece);
        Assert.True(body.AsSpan(8).SequenceEqual(Torrent.Bytes(3, 16384, 16384)));
    }

    [Fact]
    public async Task A_peer_silent_for_two_minutes_is_disconnected()
    {
        var network = new MemoryNetwork();
        var time = new FakeTimeProvider();
        await using var engine = new TestEngine(network, time: time);
        await engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, Torrent);
        Assert.Equal(MessageId.HaveNone, (await peer.NextAsync())!.Value.Id);

        await AdvanceAsync(engine, time, TimeSpan.FromSeconds(119));
        Assert.Equal(1, engine.Client.GetClientStatus().ConnectedPeers);
        await AdvanceAsync(engine, time, TimeSpan.FromSeconds(3));
        await peer.AssertClosedAsync();
    }

    [Fact]
    public async Task A_connection_without_a_handshake_is_closed_after_ten_seconds()
    {
        var network = new MemoryNetwork();
        var time = new FakeTimeProvider();
        await using var engine = new TestEngine(network, time: time);
        await engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ScriptedPeer.DialAsync(network, engine.EndPoint);
        Task closed = peer.AssertClosedAsync();
        await TestEngine.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return closed.IsCompleted;
        });

        await closed;
    }

    [Fact]
    public async Task Two_peers_that_do_not_send_the_last_block_do_not_keep_it_from_a_third()
    {
        var network = new MemoryNetwork();
        var time = new FakeTimeProvider();
        var torrent = new SwarmTorrent(22, 16 * 1024, 16 * 1024);
        await using var engine = new TestEngine(network, time: time);
        await engine.StartAsync(torrent);
        using ScriptedPeer first = await ScriptedPeer.ConnectAsync(network, engine, torrent, id: 1);
        using ScriptedPeer second = await ScriptedPeer.ConnectAsync(network, engine, torrent, id: 2);
        foreach (ScriptedPeer chatterer in (ScriptedPeer[])[first, second])
        {
            await chatterer.SendAsync(MessageId.HaveAll);
            await chatterer.SendAsync(MessageId.Unchoke);
            await chatterer.NextAsync(MessageId.Request);
        }

        using ScriptedPeer honest = await ScriptedPeer.ConnectAsync(network, engine, torrent, id: 3);
        await honest.SendAsync(MessageId.HaveAll);
        await honest.SendAsync(MessageId.Unchoke);
        Task served = honest.ServeAsync(torrent);
        Task<TorrentCompleted> completed = engine.CompletedAsync();
        await TestEngine.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            // They keep sending messages, so that they do not count as silent.
            _ = first.SendAsync(new byte[4]);
            _ = second.SendAsync(new byte[4]);
            _ = honest.SendAsync(new byte[4]);
            return completed.IsCompleted;
        });

        torrent.AssertIsIn(engine.Destination);
        await engine.StopAsync();
        await served;
    }

    private static async Task AdvanceAsync(TestEngine engine, FakeTimeProvider time, TimeSpan by)
    {
        DateTimeOffset end = time.GetUtcNow() + by;
        while (time.GetUtcNow() < end)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            DateTimeOffset now = time.GetUtcNow();
            await TestEngine.UntilAsync(() => engine.Client.GetStatus(Torrent.Metainfo.TorrentId)!.Timestamp >= now);
        }
    }

    private static async Task AssertStillWorksAsync(MemoryNetwork network, TestEngine engine, string after)
    {
        await TestEngine.UntilAsync(() => engine.Client.GetClientStatus().ConnectedPeers == 0);
        using ScriptedPeer good = await ScriptedPeer.ConnectAsync(network, engine, Torrent, id: 99);
        await good.SendAsync(MessageId.HaveAll);
        await good.SendAsync(MessageId.Unchoke);
        Assert.NotEmpty(await good.NextAsync(MessageId.Request));
        Assert.Equal(TorrentState.Downloading, engine.Client.GetStatus(Torrent.Metainfo.TorrentId)!.State);
        Assert.NotEmpty(after);
    }
}
