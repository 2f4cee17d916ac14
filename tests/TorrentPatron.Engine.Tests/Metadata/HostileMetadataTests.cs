using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Metadata;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Metadata;

public sealed class HostileMetadataTests
{
    private static readonly SwarmTorrent Torrent = MagnetDownload.NewTorrent();
    private static readonly byte[] Metadata = Torrent.Metainfo.RawInfo.ToArray();

    [Fact]
    public async Task A_peer_that_alone_sent_wrong_metadata_is_excluded_and_another_is_asked()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        (IListener listener, ScriptedPeer liar, byte number) = await StartAsync(network, engine);
        using IListener _ = listener;
        using ScriptedPeer __ = liar;
        await MagnetDownload.GiveAsync(liar, number, Metadata, piece => Wrong(piece, Metadata));

        await AssertAnotherSuppliesAsync(network, engine);
        Assert.Equal(2, network.Dialled);
    }

    [Fact]
    public async Task The_liar_of_two_peers_that_sent_wrong_metadata_together_is_detected_and_excluded()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        (IListener first, ScriptedPeer liar, byte number) = await StartAsync(network, engine);
        using IListener _ = first;
        using ScriptedPeer __ = liar;
        MemoryTransport honestHost = network.Join();
        using IListener second = honestHost.Listen(new(honestHost.Address, 0));
        await engine.SendAsync(id => new AddSources(id, Torrent.Metainfo.TorrentId, [second.LocalEndPoint], []));
        using ScriptedPeer honest = await MagnetDownload.AwaitAsync(second, Torrent, 2, Metadata.Length);

        // The liar was asked for all three pieces; it sends a wrong first one and leaves the rest to the honest peer.
        await liar.SendExtendedAsync(number, Wrong(0, Metadata)!);
        Task giving = MagnetDownload.GiveAsync(honest, number, Metadata);
        Task lying = MagnetDownload.GiveAsync(liar, number, Metadata, piece => piece == 0 ? Wrong(0, Metadata) : MetadataMessage.WriteReject(piece));
        await engine.WaitAsync<MetadataReceived>(_ => true);

        await engine.StopAsync();
        await Task.WhenAll(giving, lying);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public async Task A_peer_whose_pieces_differ_from_its_claimed_size_is_dropped(int more)
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        (IListener listener, ScriptedPeer liar, byte number) = await StartAsync(network, engine);
        using IListener _ = listener;
        using ScriptedPeer __ = liar;

        await liar.SendExtendedAsync(number, more == int.MinValue
            ? Encoding.ASCII.GetBytes("d8:msg_typei1e5:piecei0ee")
            : Encoding.ASCII.GetBytes($"d8:msg_typei1e5:piecei0e10:total_sizei{Metadata.Length + more}ee{new string('x', MetadataMessage.PieceLength)}"));

        await liar.AssertClosedAsync();
        await AssertAnotherSuppliesAsync(network, engine);
    }

    [Fact]
    public async Task A_peer_that_sends_a_short_piece_is_dropped()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        (IListener listener, ScriptedPeer liar, byte number) = await StartAsync(network, engine);
        using IListener _ = listener;
        using ScriptedPeer __ = liar;

        await liar.SendExtendedAsync(number, MetadataMessage.WriteData(0, Metadata).AsSpan()[..^1]);

        await liar.AssertClosedAsync();
        await AssertAnotherSuppliesAsync(network, engine);
    }

    [Fact]
    public async Task A_peer_that_rejects_endlessly_does_not_keep_others_from_sending()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        (IListener listener, ScriptedPeer miser, byte number) = await StartAsync(network, engine);
        using IListener _ = listener;
        using ScriptedPeer __ = miser;
        for (int i = 0; i < 200; i++)
            await miser.SendExtendedAsync(number, MetadataMessage.WriteReject(i % 3));

        await engine.WaitStatusAsync(status => status.Metadata?.Missing == "One peer is connected; it does not have the metadata.");
        await AssertAnotherSuppliesAsync(network, engine);
    }

    [Fact]
    public async Task A_peer_that_keeps_sending_unrequested_pieces_is_dropped()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        (IListener listener, ScriptedPeer peer, byte number) = await StartAsync(network, engine);
        using IListener _ = listener;
        using ScriptedPeer __ = peer;
        try
        {
            for (int i = 0; i < 200; i++)
                await peer.SendExtendedAsync(number, "d8:msg_typei1e5:piecei9e10:total_sizei9eex"u8);
        }
        catch (IOException)
        {
            // The engine has closed the connection.
        }

        await peer.AssertClosedAsync();
    }

    [Theory]
    [InlineData("13:metadata_sizei0e")]
    [InlineData("13:metadata_sizei-1e")]
    [InlineData("13:metadata_sizei31457281e")]
    [InlineData("13:metadata_sizei9223372036854775807e")]
    [InlineData("13:metadata_size3:big")]
    [InlineData("")]
    public async Task Metadata_of_an_impossible_size_is_not_requested(string size)
    {
        var network = new MemoryNetwork();
        MemoryTransport host = network.Join();
        using IListener listener = host.Listen(new(host.Address, 0));
        await using var engine = new TestEngine(network);
        await engine.StartByLinkAsync(Torrent, null, listener.LocalEndPoint);
        using ScriptedPeer peer = await ScriptedPeer.AwaitAsync(listener, Torrent, isExtended: true);

        await peer.SendExtendedAsync(0, Encoding.ASCII.GetBytes($"d1:md11:ut_metadatai{MagnetDownload.Number}ee{size}e"));

        TorrentStatus status = await engine.WaitStatusAsync(status => status.ConnectedPeers == 1);
        Assert.Equal(0, status.Metadata!.PeersAsked);
        await AssertAnotherSuppliesAsync(network, engine);
    }

    [Fact]
    public async Task A_large_claimed_size_does_not_block_other_peers()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartByLinkAsync(Torrent);
        MemoryTransport host = network.Join();
        var braggarts = new List<IDisposable>();
        for (byte i = 1; i <= 2; i++)
        {
            IListener listener = host.Listen(new(host.Address, 0));
            braggarts.Add(listener);
            await engine.SendAsync(id => new AddSources(id, Torrent.Metainfo.TorrentId, [listener.LocalEndPoint], []));
            braggarts.Add(await MagnetDownload.AwaitAsync(listener, Torrent, i, (30 << 20) - i));
        }

        await engine.WaitStatusAsync(status => status.Metadata?.PeersAsked == 2);
        await AssertAnotherSuppliesAsync(network, engine);
        braggarts.ForEach(braggart => braggart.Dispose());
    }

    [Fact]
    public void A_large_claimed_size_costs_no_memory()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var assembly = new MetadataAssembly(30 << 20, only: null, now: 0, TimeProvider.System);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(1920, assembly.Count);
        Assert.InRange(allocated, 0, 128 << 10);
    }

    [Fact]
    public async Task Every_capability_that_a_handshake_can_claim_changes_nothing()
    {
        var network = new MemoryNetwork();
        MemoryTransport host = network.Join();
        using IListener listener = host.Listen(new(host.Address, 0));
        await using var engine = new TestEngine(network);
        await engine.StartByLinkAsync(Torrent, null, listener.LocalEndPoint);
        using ScriptedPeer peer = await ScriptedPeer.AwaitDialAsync(listener);
        var handshake = new byte[Handshake.Length];
        new Handshake(Torrent.Metainfo.InfoHash, ScriptedPeer.IdOf(1), true, true, true).Write(handshake);
        handshake.AsSpan(20, 8).Fill(0xFF);

        await peer.SendAsync(handshake);
        byte number = (await peer.NextHelloAsync()).Extensions[MetadataMessage.Extension];
        await MagnetDownload.SayHelloAsync(peer, Metadata.Length);
        Task giving = MagnetDownload.GiveAsync(peer, number, Metadata);
        await engine.WaitAsync<MetadataReceived>(_ => true);

        await engine.StopAsync();
        await giving;
    }

    [Theory]
    [InlineData("a bitfield that does not fit", "00000003 05 8000")]
    [InlineData("a have message beyond the last piece", "00000005 04 00ffffff")]
    public async Task Early_messages_that_do_not_fit_end_the_connection_when_the_metadata_arrives(string what, string hex)
    {
        var network = new MemoryNetwork();
        await using var seed = new TestEngine(network, seed: 9);
        await seed.SeedAsync(Torrent);
        await using var engine = new TestEngine(network);
        await engine.StartByLinkAsync(Torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, Torrent);

        await peer.SendAsync(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        await engine.WaitStatusAsync(status => status.ConnectedPeers == 1);
        await engine.SendAsync(id => new AddSources(id, Torrent.Metainfo.TorrentId, [seed.EndPoint], []));
        await engine.CompletedAsync();

        Assert.NotEmpty(what);
        await peer.AssertClosedAsync();
    }

    [Theory]
    [InlineData("a block", "00004009 07 00000000 00000000", 0x4000)]
    [InlineData("endless have messages", "", 0)]
    public async Task A_peer_that_announces_too_many_pieces_before_the_metadata_is_known_is_dropped(string what, string hex, int zeros)
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartByLinkAsync(Torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, Torrent);
        byte[] bytes = hex.Length > 0
            ? [.. Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), .. new byte[zeros]]
            : [.. Enumerable.Repeat(Convert.FromHexString("000000050400000001"), 50_000).SelectMany(have => have)];
        try
        {
            await peer.SendAsync(bytes);
        }
        catch (IOException)
        {
            // The engine has closed the connection.
        }

        Assert.NotEmpty(what);
        await peer.AssertClosedAsync();
    }

    [Theory]
    [InlineData("de")]
    [InlineData("d6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces0:e")]
    [InlineData("d9:file treede12:meta versioni2e4:name1:a12:piece lengthi16384ee")]
    public async Task Genuine_metadata_that_is_not_a_torrent_stops_it_with_the_reason(string info)
    {
        byte[] metadata = Encoding.ASCII.GetBytes(info);
        var network = new MemoryNetwork();
        MemoryTransport host = network.Join();
        using IListener listener = host.Listen(new(host.Address, 0));
        await using var engine = new TestEngine(network);
        var magnet = new Protocol.Magnets.MagnetLink { InfoHash = Protocol.InfoHash.OfInfo(metadata) };
        await engine.SendAsync(id => new CreateNewTorrent(id, magnet, engine.Destination)
        {
            ResumeStore = new MemoryResumeStore(), Peers = [listener.LocalEndPoint],
        });
        using ScriptedPeer peer = await ScriptedPeer.AwaitDialAsync(listener);
        await peer.SendHandshakeAsync(magnet.TorrentId.WireHash, isExtended: true);
        byte number = (await peer.NextHelloAsync()).Extensions[MetadataMessage.Extension];
        await MagnetDownload.SayHelloAsync(peer, metadata.Length);

        await MagnetDownload.GiveAsync(peer, number, metadata);
        TorrentStatus failed = await engine.WaitStatusAsync(status => status.State == TorrentState.Failed);

        Assert.Contains(failed.Error!.Id, new[] { TorrentErrorId.InvalidTorrent, TorrentErrorId.UnsupportedSource });
        Assert.Empty(Directory.GetFileSystemEntries(engine.Destination));
    }

    /// <summary>Starts a torrent by a link, with one peer that claims the metadata and was asked for all of it.</summary>
    private static async Task<(IListener Listener, ScriptedPeer Peer, byte Number)> StartAsync(MemoryNetwork network, TestEngine engine)
    {
        MemoryTransport host = network.Join();
        IListener listener = host.Listen(new(host.Address, 0));
        await engine.StartByLinkAsync(Torrent, null, listener.LocalEndPoint);
        ScriptedPeer peer = await MagnetDownload.AwaitAsync(listener, Torrent, 1, Metadata.Length);
        byte number = (await peer.NextHelloAsync()).Extensions[MetadataMessage.Extension];
        await engine.WaitStatusAsync(status => status.Metadata?.PeersAsked == 1);
        return (listener, peer, number);
    }

    /// <summary>A peer at a second address has the metadata and sends it.</summary>
    private static async Task AssertAnotherSuppliesAsync(MemoryNetwork network, TestEngine engine)
    {
        MemoryTransport host = network.Join();
        using IListener listener = host.Listen(new(host.Address, 0));
        await engine.SendAsync(id => new AddSources(id, Torrent.Metainfo.TorrentId, [listener.LocalEndPoint], []));
        using ScriptedPeer peer = await MagnetDownload.AwaitAsync(listener, Torrent, 100, Metadata.Length);
        byte number = (await peer.NextHelloAsync()).Extensions[MetadataMessage.Extension];
        Task giving = MagnetDownload.GiveAsync(peer, number, Metadata);
        await engine.WaitAsync<MetadataReceived>(_ => true);
        await engine.StopAsync();
        await giving;
    }

    private static byte[]? Wrong(int piece, byte[] metadata)
    {
        byte[] message = MetadataMessage.WriteData(piece, metadata);
        message[^1] ^= 1;
        return message;
    }
}
