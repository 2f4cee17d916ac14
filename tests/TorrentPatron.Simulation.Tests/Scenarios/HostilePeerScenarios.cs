using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Peers that break the protocol, waste time or are too many; the torrent completes all the same.</summary>
public sealed class HostilePeerScenarios
{
    private const int Piece = 32 * 1024;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(30);

    [Theory]
    [InlineData("a bitfield of a wrong size", "00000003 05 8000")]
    [InlineData("a bitfield with a spare bit", "00000002 05 81")]
    [InlineData("an empty bitfield", "00000001 05")]
    [InlineData("a have message out of range", "00000005 04 00000004")]
    [InlineData("a have message below zero", "00000005 04 ffffffff")]
    [InlineData("a have message that is too short", "00000004 04 000000")]
    [InlineData("a request out of range", "0000000d 06 00000004 00000000 00004000")]
    [InlineData("a request past the piece's end", "0000000d 06 00000000 00008000 00004000")]
    [InlineData("a request that overflows", "0000000d 06 00000000 7fffffff 00004000")]
    [InlineData("a request of no bytes", "0000000d 06 00000000 00000000 00000000")]
    [InlineData("a request of too many bytes", "0000000d 06 00000000 00000000 00004001")]
    [InlineData("a request below zero", "0000000d 06 ffffffff ffffffff ffffffff")]
    [InlineData("a message that is too long", "7fffffff 07")]
    [InlineData("a length below zero", "ffffffff")]
    [InlineData("a block without bytes", "00000009 07 00000000 00000000")]
    [InlineData("a block that is too long", "0000400a 07 00000000 00000000")]
    [InlineData("a choke with a body", "00000002 00 00")]
    [InlineData("an extended message without a number", "00000001 14")]
    public Task A_forbidden_message_ends_its_connection_and_nothing_else(string what, string hex) => World.RunAsync(seed: 1, async world =>
    {
        var torrent = new SwarmTorrent(1, Piece, 4 * Piece);
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent);
        using FakePeer bad = await FakePeer.ConnectAsync(world, node, torrent, id: 1);
        bad.SendBytes(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        await world.UntilAsync(() => bad.IsClosed, TimeSpan.FromSeconds(10), $"{what} ends the connection");

        await CompleteAsync(world, node, torrent);
    });

    [Theory]
    [InlineData("an unknown message", "00000005 63 01020304")]
    [InlineData("an unknown message without a body", "00000001 ff")]
    [InlineData("a port of a DHT", "00000003 09 1ae1")]
    [InlineData("a suggestion out of range", "00000005 0d ffffffff")]
    [InlineData("a piece out of range that is allowed", "00000005 11 ffffffff")]
    [InlineData("a cancel without a request", "0000000d 08 00000000 00000000 00004000")]
    [InlineData("a cancel out of range", "0000000d 08 ffffffff ffffffff ffffffff")]
    [InlineData("a reject without a request", "0000000d 10 00000001 00000000 00004000")]
    [InlineData("an unrequested block", "0000000a 07 00000001 00000000 ff")]
    [InlineData("a block of a nonexistent piece", "0000000a 07 ffffffff ffffffff ff")]
    [InlineData("an unknown extension", "00000003 14 ff 00")]
    [InlineData("unrequested hashes (BEP 52)", "00000031 15 0000000000000000000000000000000000000000000000000000000000000000 00000000 00000000 00000001 00000000")]
    [InlineData("a second bitfield", "00000002 05 f0 00000002 05 00")]
    public Task Useless_messages_are_ignored(string what, string hex) => World.RunAsync(seed: 2, async world =>
    {
        var torrent = new SwarmTorrent(2, Piece, 4 * Piece);
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent);
        using FakePeer odd = await FakePeer.ConnectAsync(world, node, torrent, id: 1, isExtended: true);
        odd.SendBytes(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        await world.PassAsync(TimeSpan.FromSeconds(5));
        Assert.False(odd.IsClosed, what);
        odd.Serve(torrent);

        await world.UntilAsync(() => node.Has(torrent), TimeSpan.FromMinutes(5), "the download completes with the help of the peer");
        torrent.AssertIsIn(node.Folder);
    });

    [Theory]
    [InlineData("d1:md11:ut_metadatai999e6:ut_pexi-1ee13:metadata_sizei9223372036854775807e4:reqqi0e1:pi99999ee")]
    [InlineData("d1:md0:i1e1:ai1e1:bi1ee4:reqqi9223372036854775807e1:v3:\u001B[me")]
    [InlineData("d1:mi1e4:reqq1:x1:pi-1e1:vi1ee")]
    [InlineData("d4:reqqi1ee")]
    [InlineData("de")]
    [InlineData("le")]
    [InlineData("not bencoded")]
    public Task An_extension_handshake_with_absurd_numbers_does_no_harm(string hello) => World.RunAsync(seed: 3, async world =>
    {
        var torrent = new SwarmTorrent(3, Piece, 8 * Piece);
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent);
        using FakePeer odd = await FakePeer.ConnectAsync(world, node, torrent, id: 1, isExtended: true);
        odd.Send(MessageId.Extended, [0, .. System.Text.Encoding.UTF8.GetBytes(hello)]);
        odd.Serve(torrent);

        // It may stay connected or not: that does not depend on its claims.
        await world.PassAsync(TimeSpan.FromSeconds(30));
        if (!node.Has(torrent))
            await CompleteAsync(world, node, torrent);
        torrent.AssertIsIn(node.Folder);
    });

    [Fact]
    public Task A_flood_of_requests_costs_no_memory_and_no_blocks_of_others() => World.RunAsync(seed: 4, async world =>
    {
        var torrent = new SwarmTorrent(4, Piece, 8 * Piece);
        await using var seed = new Node(world, 1, world.Network.Join(up: 100_000));
        await seed.SeedAsync(torrent);
        using FakePeer flood = await FakePeer.ConnectAsync(world, seed, torrent, id: 1);
        flood.Send(MessageId.Interested);
        await world.UntilAsync(() => flood.Count(MessageId.Unchoke) > 0, Long, "it is unchoked");
        for (int i = 0; i < 50_000; i++)
            flood.SendRange(MessageId.Request, new BlockRequest(i % 8, 0, 16 * 1024));
        await world.UntilAsync(
            () => flood.Count(MessageId.RejectRequest) > 40_000 || flood.IsClosed, Long, "excess requests are rejected");

        await using var leecher = new Node(world, 2);
        await leecher.StartAsync(torrent, seed.EndPoint);
        await world.UntilAsync(() => leecher.Has(torrent), Long, "an honest peer gets everything meanwhile");
    });

    [Fact]
    public Task A_choked_peer_gets_its_allowed_fast_pieces_at_most_three_times() => World.RunAsync(seed: 5, async world =>
    {
        var torrent = new SwarmTorrent(5, Piece, 100 * Piece);
        await using var seed = new Node(world, 1);
        await seed.SeedAsync(torrent);
        using FakePeer greedy = await FakePeer.ConnectAsync(world, seed, torrent, id: 1);
        await world.UntilAsync(() => greedy.Count(MessageId.AllowedFast) >= 5, Long, "pieces are granted");
        int[] granted = [.. greedy.Messages.Where(m => m.Id == MessageId.AllowedFast)
            .Select(m => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(m.Body))];
        for (int round = 0; round < 10; round++)
        {
            foreach (int piece in granted)
            {
                greedy.SendRange(MessageId.Request, new BlockRequest(piece, 0, 16 * 1024));
                greedy.SendRange(MessageId.Request, new BlockRequest(piece, 16 * 1024, 16 * 1024));
            }
        }

        await world.UntilAsync(() => greedy.Count(MessageId.RejectRequest) >= 70, Long, "excess requests are rejected");
        await world.UntilAsync(() => greedy.Count(MessageId.Piece) >= 30, Long, "the others are answered");
        await world.PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(30, greedy.Count(MessageId.Piece));
        Assert.Equal(70, greedy.Count(MessageId.RejectRequest));
    });

    [Fact]
    public Task A_peer_that_unchokes_but_sends_nothing_gets_few_requests() => World.RunAsync(seed: 6, async world =>
    {
        var torrent = new SwarmTorrent(6, Piece, 200 * Piece);
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent);
        using FakePeer liar = await FakePeer.ConnectAsync(world, node, torrent, id: 1);
        liar.Send(MessageId.HaveAll);
        for (int i = 0; i < 10_000; i++)
            liar.SendIndex(MessageId.AllowedFast, i % 200);
        liar.Requested = range => liar.SendRange(MessageId.RejectRequest, range);
        liar.Chat();
        await CompleteAsync(world, node, torrent);
    });

    [Fact]
    public Task Peers_that_accept_requests_but_send_nothing_do_not_stop_a_download() => World.RunAsync(seed: 7, async world =>
    {
        var torrent = new SwarmTorrent(7, Piece, 40 * Piece);
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent);
        for (int i = 1; i <= 10; i++)
        {
            FakePeer idle = await FakePeer.ConnectAsync(world, node, torrent, i);
            idle.Offer();
            idle.Chat();
        }

        await world.PassAsync(TimeSpan.FromSeconds(5));
        TimeSpan begun = world.Elapsed;
        await CompleteAsync(world, node, torrent);
        Assert.InRange(world.Elapsed - begun, TimeSpan.Zero, TimeSpan.FromMinutes(3));
    });

    [Fact]
    public Task Trickling_peers_do_not_hold_up_the_last_blocks() => World.RunAsync(seed: 8, async world =>
    {
        var torrent = new SwarmTorrent(8, Piece, 20 * Piece);
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent);
        for (int i = 1; i <= 3; i++)
        {
            // A block every 50 s: never silent for the minute after which a peer is snubbed.
            FakePeer dripper = await FakePeer.ConnectAsync(world, node, torrent, i);
            var owed = new Queue<BlockRequest>();
            dripper.Requested = owed.Enqueue;
            void Drip()
            {
                if (owed.TryDequeue(out BlockRequest range))
                    dripper.SendBlock(torrent, range);
                world.Schedule(TimeSpan.FromSeconds(50), Drip);
            }

            world.Schedule(TimeSpan.FromSeconds(50), Drip);
            dripper.Offer();
        }

        await world.PassAsync(TimeSpan.FromSeconds(5));
        TimeSpan begun = world.Elapsed;
        await CompleteAsync(world, node, torrent);
        Assert.InRange(world.Elapsed - begun, TimeSpan.Zero, TimeSpan.FromSeconds(150));
    });

    [Fact]
    public Task A_peer_that_never_sends_the_first_block_does_not_fill_the_memory() => World.RunAsync(seed: 9, async world =>
    {
        var torrent = new SwarmTorrent(9, 8 << 20, 24 << 20);
        await using var node = new Node(world, 1, settings: s => s with { MaxQueuedBytes = 4 << 20 });
        await node.StartAsync(torrent);
        using FakePeer holder = await FakePeer.ConnectAsync(world, node, torrent, id: 1);
        holder.Requested = range =>
        {
            if (range.Begin > 0)
                holder.SendBlock(torrent, range);
        };
        holder.Offer();
        holder.Chat();
        await world.PassAsync(TimeSpan.FromSeconds(50));

        // All but the first blocks have arrived; those beyond half of the bound were written to disk.
        Assert.InRange(node.Status(torrent).BytesReceived, 20 << 20, 24 << 20);
        Assert.InRange(node.HeldBytes, 0, 3 << 20);
        await CompleteAsync(world, node, torrent);
        Assert.Equal(0, node.Status(torrent).FailedPieces);
        Assert.Equal(0, node.HeldBytes);
    });

    [Fact]
    public Task Connections_with_slow_handshakes_are_closed_and_make_room_for_others() => World.RunAsync(seed: 10, async world =>
    {
        var torrent = new SwarmTorrent(10, Piece, 8 * Piece);
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent);
        var strangers = new List<FakePeer>();
        for (int i = 0; i < 300; i++)
        {
            FakePeer stranger = await FakePeer.DialAsync(world, node.EndPoint);
            strangers.Add(stranger);
            void Dawdle()
            {
                if (stranger.IsClosed)
                    return;
                stranger.SendBytes(0x13);
                world.Schedule(TimeSpan.FromSeconds(4), Dawdle);
            }

            Dawdle();
        }

        await world.UntilAsync(() => strangers.All(s => s.IsClosed), TimeSpan.FromSeconds(30), "they are disconnected");
        await CompleteAsync(world, node, torrent);
    });

    [Fact]
    public Task Many_idle_connections_do_not_keep_others_away() => World.RunAsync(seed: 11, async world =>
    {
        var torrent = new SwarmTorrent(11, Piece, 8 * Piece);
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent);
        int turnedAway = 0;
        for (int i = 1; i <= 3000; i++)
        {
            FakePeer idle = await FakePeer.ConnectAsync(world, node, torrent, i);
            turnedAway += idle.IsClosed ? 1 : 0;
            idle.Chat();
        }

        Assert.InRange(node.Client.GetClientStatus().ConnectedPeers, 50, 100);
        await using var seed = new Node(world, 2);
        await seed.SeedAsync(torrent, node.EndPoint);
        await world.UntilAsync(() => node.Has(torrent), TimeSpan.FromMinutes(10), "a seed is connected and the download completes");
    });

    [Fact]
    public Task The_number_of_connections_per_address_is_bounded() => World.RunAsync(seed: 12, async world =>
    {
        var torrent = new SwarmTorrent(12, Piece, 8 * Piece);
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent);
        SimulatedHost host = world.Network.Join();
        for (int i = 1; i <= 100; i++)
            await FakePeer.ConnectAsync(world, node, torrent, i, from: host);
        await world.PassAsync(TimeSpan.FromSeconds(5));

        Assert.Equal(8, node.Client.GetClientStatus().ConnectedPeers);
        await CompleteAsync(world, node, torrent);
    });

    [Fact]
    public Task Two_peers_with_one_id_connect_once_and_we_never_connect_to_ourselves() => World.RunAsync(seed: 13, async world =>
    {
        var torrent = new SwarmTorrent(13, Piece, 8 * Piece);
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent, node.EndPoint);
        SimulatedHost host = world.Network.Join();
        using FakePeer first = await FakePeer.ConnectAsync(world, node, torrent, id: 1, from: host);
        first.Chat();
        using FakePeer second = await FakePeer.ConnectAsync(world, node, torrent, id: 1, from: host);
        await world.UntilAsync(() => second.IsClosed, TimeSpan.FromSeconds(10), "the second is refused");
        using FakePeer mirror = await FakePeer.DialAsync(world, node.EndPoint);
        byte[] own = new byte[Handshake.Length];
        first.Handshake!.Value.Write(own);
        mirror.SendBytes(own);
        await world.UntilAsync(() => mirror.IsClosed, TimeSpan.FromSeconds(10), "a peer that claims our id is refused");
        await world.PassAsync(TimeSpan.FromMinutes(10));

        Assert.Equal(1, node.Client.GetClientStatus().ConnectedPeers);
        Assert.Equal(4, world.Network.Dialled);
    });

    [Fact]
    public Task Claiming_another_peers_id_does_not_shut_it_out() => World.RunAsync(seed: 15, async world =>
    {
        // The greatest id: it would win if both sides had dialled each other.
        const int Id = -1;
        var torrent = new SwarmTorrent(15, Piece, 64 * Piece);
        FakePeer? honest = null;
        IPEndPoint address = FakePeer.Listen(world, world.Network.Join(up: 20_000), torrent, Id, peer => (honest = peer).Serve(torrent));
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent, address);
        await world.UntilAsync(() => honest is { } peer && peer.Count(MessageId.Request) > 0, TimeSpan.FromSeconds(10), "the honest peer is asked");
        FakePeer known = honest!;
        using FakePeer thief = await FakePeer.ConnectAsync(world, node, torrent, Id);
        thief.Chat();

        await world.UntilAsync(() => node.Has(torrent), TimeSpan.FromMinutes(10), "the honest peer gives everything");
        Assert.Same(known, honest);
        Assert.False(thief.IsClosed);
    });

    [Fact]
    public Task Unrequested_blocks_are_tolerated_for_a_while() => World.RunAsync(seed: 14, async world =>
    {
        var torrent = new SwarmTorrent(14, Piece, 8 * Piece);
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent);
        using FakePeer generous = await FakePeer.ConnectAsync(world, node, torrent, id: 1);
        for (int i = 0; i < 1100; i++)
            generous.SendBlock(torrent, new BlockRequest(i % 8, 0, 16), isWrong: true);
        await world.UntilAsync(() => generous.IsClosed, TimeSpan.FromMinutes(1), "it is disconnected");

        await CompleteAsync(world, node, torrent);
        Assert.Equal(0, node.Status(torrent).FailedPieces);
    });

    [Fact]
    public Task A_peer_that_requests_but_does_not_read_is_disconnected() => World.RunAsync(seed: 15, async world =>
    {
        var torrent = new SwarmTorrent(15, Piece, 8 * Piece);
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent);
        SimulatedHost deaf = world.Network.Join(down: 2000);
        using FakePeer peer = await FakePeer.ConnectAsync(world, node, torrent, id: 1, from: deaf);
        for (int i = 0; i < 200_000; i++)
            peer.SendRange(MessageId.Request, new BlockRequest(0, 0, 16 * 1024));
        await world.UntilAsync(() => node.Client.GetClientStatus().ConnectedPeers == 0, Long, "it is disconnected");
        await CompleteAsync(world, node, torrent);
    });

    [Theory]
    [InlineData("keep-alives", "00000000")]
    [InlineData("unknown messages", "00000001 63")]
    [InlineData("chokes", "00000001 00 00000001 01")]
    [InlineData("alternating interest", "00000001 02 00000001 03")]
    [InlineData("a repeated have message", "00000005 04 00000000")]
    [InlineData("a repeated bitfield", "00000002 05 80")]
    [InlineData("cancels without a request", "0000000d 08 00000000 00000000 00004000")]
    [InlineData("requests while it is choked", "0000000d 06 00000000 00000000 00004000")]
    [InlineData("rejects without a request", "0000000d 10 00000000 00000000 00004000")]
    [InlineData("grants", "00000005 11 00000000")]
    [InlineData("ports of a DHT", "00000003 09 1ae1")]
    [InlineData("an unknown extension", "00000003 14 ff 00")]
    [InlineData("a piece withdrawn and announced again", "00000006 14 lt_donthave 00000000 00000005 04 00000000")]
    [InlineData("requests for metadata", "0000001b 14 ut_metadata 64383a6d73675f74797065693065353a706965636569306565")]
    public Task A_peer_that_sends_useless_messages_waits_behind_others_and_is_disconnected(string what, string hex) => World.RunAsync(seed: 16, async world =>
    {
        var torrent = new SwarmTorrent(16, Piece, 8 * Piece);
        await using var seed = new Node(world, 1);
        await seed.SeedAsync(torrent);
        using FakePeer storm = await FakePeer.ConnectAsync(world, seed, torrent, id: 1, isExtended: true);
        storm.Send(MessageId.Extended, [0, .. "d1:md11:ut_metadatai3eee"u8]);
        IReadOnlyDictionary<string, byte> numbers = await ExtensionsAsync(world, storm);
        foreach ((string extension, byte number) in numbers)
            hex = hex.Replace(extension, number.ToString("x2", System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        byte[] message = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        storm.SendBytes([.. Enumerable.Repeat(message, 150_000).SelectMany(bytes => bytes)]);
        await world.PassAsync(TimeSpan.FromSeconds(2));

        await using var leecher = new Node(world, 2);
        await leecher.StartAsync(torrent, seed.EndPoint);
        await world.UntilAsync(() => leecher.Has(torrent), TimeSpan.FromSeconds(15), $"an honest peer gets everything despite {what}");
        Assert.False(storm.IsClosed, what);

        await world.UntilAsync(() => storm.IsClosed, TimeSpan.FromMinutes(2), $"the peer that sends {what} is disconnected");
        Assert.Contains(seed.Client.GetClosedPeers(torrent.Metainfo.TorrentId), closed => closed.Reason == FutileWork.Fault);
        int answered = FutileWork.Allowance + ((int)FutileWork.Patience.TotalSeconds + 5) * FutileWork.PerSecond;
        Assert.InRange(storm.Messages.Count, 1, answered / FutileWork.Answer);
    });

    [Fact]
    public Task Many_useful_messages_make_no_honest_peer_wait() => World.RunAsync(seed: 17, async world =>
    {
        const int Pieces = 12_000;
        const int Size = 1024;
        var torrent = new SwarmTorrent(17, Size, Pieces * Size);
        await using var node = new Node(world, 1);
        await node.StartAsync(torrent);
        using FakePeer peer = await FakePeer.ConnectAsync(world, node, torrent, id: 1, isExtended: true);
        peer.Send(MessageId.Extended, [0, .. "d1:md11:ut_metadatai3eee"u8]);
        byte number = (await ExtensionsAsync(world, peer))[MetadataMessage.Extension];

        // All pieces one by one, the metadata twice, and the cancels and rejects of full queues.
        for (int piece = 0; piece < Pieces; piece++)
            peer.SendIndex(MessageId.Have, piece);
        int count = MetadataMessage.CountPieces(torrent.Metainfo.RawInfo.Length);
        for (int i = 0; i < 2 * count; i++)
            peer.Send(MessageId.Extended, [number, .. MetadataMessage.WriteRequest(i % count)]);
        for (int i = 0; i < 2000; i++)
        {
            peer.SendRange(MessageId.Cancel, new BlockRequest(i, 0, Size));
            peer.SendRange(MessageId.RejectRequest, new BlockRequest(i, 0, Size));
        }

        peer.Serve(torrent);
        await world.UntilAsync(() => peer.Count(MessageId.Request) > 0, TimeSpan.FromMilliseconds(500), "it is asked at once");
        Assert.Equal(2 * count, peer.Messages.Count(m => m.Id == MessageId.Extended && m.Body is [3, ..] && m.Body.Length > Size));
        await world.UntilAsync(() => node.Has(torrent), TimeSpan.FromMinutes(2), "it gives everything");
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public Task A_download_completes_among_peers_that_send_random_messages(int seed) => World.RunAsync(seed, async world =>
    {
        var torrent = new SwarmTorrent(seed, Piece, 30 * Piece);
        await using var node = new Node(world, seed);
        await node.StartAsync(torrent);
        for (int i = 1; i <= 20; i++)
            SendRandomMessages(world, await FakePeer.ConnectAsync(world, node, torrent, i, isFast: i % 3 > 0, isExtended: i % 2 > 0), torrent);
        await world.PassAsync(TimeSpan.FromMinutes(1));

        await CompleteAsync(world, node, torrent);
        Assert.Equal(TorrentState.Seeding, node.Status(torrent).State);
    });

    /// <summary>Sends messages that are valid, but not at every moment.</summary>
    private static void SendRandomMessages(World world, FakePeer peer, SwarmTorrent torrent)
    {
        Random random = world.Random;
        int Any(int most) => random.Next(10) == 0 ? random.Next(int.MinValue, int.MaxValue) : random.Next(most);
        peer.Requested = range =>
        {
            if (random.Next(3) == 0)
                peer.SendBlock(torrent, range, isWrong: random.Next(20) == 0);
            else if (random.Next(3) == 0)
                peer.SendRange(MessageId.RejectRequest, range);
        };
        Say();

        void Say()
        {
            if (peer.IsClosed)
                return;
            var range = new BlockRequest(random.Next(30), random.Next(3) * 16 * 1024, random.Next(16 * 1024) + 1);
            switch (random.Next(14))
            {
                case 0:
                    peer.Send((MessageId)random.Next(4));
                    break;
                case 1:
                    peer.Send(MessageId.Unchoke);
                    break;
                case 2:
                    peer.SendIndex(MessageId.Have, random.Next(30));
                    break;
                case 3:
                    peer.Send(MessageId.Bitfield, 255, 255, 255, 252);
                    break;
                case 4:
                    peer.Send(random.Next(2) == 0 ? MessageId.HaveAll : MessageId.HaveNone);
                    break;
                case 5 or 6:
                    peer.SendRange(MessageId.Request, range);
                    break;
                case 7:
                    peer.SendRange(MessageId.Cancel, range);
                    break;
                case 8:
                    peer.SendRange(MessageId.RejectRequest, range with { Length = 16 * 1024 });
                    break;
                case 9:
                    peer.SendIndex(random.Next(2) == 0 ? MessageId.AllowedFast : MessageId.SuggestPiece, Any(30));
                    break;
                case 10:
                    peer.SendBlock(torrent, range with { Begin = 0 }, isWrong: random.Next(2) == 0);
                    break;
                case 11:
                    byte[] noise = new byte[random.Next(1, 100)];
                    random.NextBytes(noise);
                    peer.Send(MessageId.Extended, noise);
                    break;
                case 12:
                    peer.Send((MessageId)random.Next(21, 256), new byte[random.Next(100)]);
                    break;
                case 13 when random.Next(200) == 0:
                    peer.Dispose();
                    return;
            }

            world.Schedule(TimeSpan.FromMilliseconds(random.Next(1, 500)), Say);
        }
    }

    /// <summary>The ids of a node's extensions, from its extension handshake.</summary>
    private static async Task<IReadOnlyDictionary<string, byte>> ExtensionsAsync(World world, FakePeer peer)
    {
        await world.UntilAsync(() => peer.Count(MessageId.Extended) > 0, TimeSpan.FromSeconds(10), "it sends its extension handshake");
        byte[] body = peer.Messages.First(message => message.Id == MessageId.Extended).Body;
        Assert.True(ExtensionHandshake.TryRead(body.AsMemory(1), out ExtensionHandshake? hello));
        return hello.Extensions;
    }

    /// <summary>Finally an honest seed connects, and the download completes.</summary>
    private static async Task CompleteAsync(World world, Node node, SwarmTorrent torrent)
    {
        using FakePeer honest = await FakePeer.ConnectAsync(world, node, torrent, id: 9999);
        honest.Serve(torrent);
        honest.Chat();
        await world.UntilAsync(() => node.Has(torrent), Long, "the download is complete");
        torrent.AssertIsIn(node.Folder);
    }
}
