using System.Text;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Metadata;

public sealed class MetadataServerTests
{
    private const byte Mine = 7;

    /// <summary>Its info dictionary takes two pieces of metadata.</summary>
    private static readonly SwarmTorrent Torrent = new(40, 1024, 1024 * 1000);

    [Fact]
    public async Task A_peer_is_told_the_size_and_gets_each_piece()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ConnectAsync(network, engine);
        ExtensionHandshake hello = await peer.NextHelloAsync();

        int size = hello.MetadataSize!.Value;
        Assert.Equal(Torrent.Metainfo.RawInfo.Length, size);
        var metadata = new List<byte>();
        for (int piece = 0; piece < MetadataMessage.CountPieces(size); piece++)
        {
            await peer.SendExtendedAsync(hello.Extensions[MetadataMessage.Extension], MetadataMessage.WriteRequest(piece));
            AddData(metadata, await peer.NextExtendedAsync(Mine), piece, size);
        }

        Assert.Equal(Torrent.Metainfo.RawInfo.ToArray(), metadata);
    }

    [Fact]
    public async Task A_missing_piece_is_rejected()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ConnectAsync(network, engine);
        byte number = (await peer.NextHelloAsync()).Extensions[MetadataMessage.Extension];

        await peer.SendExtendedAsync(number, MetadataMessage.WriteRequest(2));

        Assert.Equal("d8:msg_typei2e5:piecei2ee", Encoding.ASCII.GetString(await peer.NextExtendedAsync(Mine)));
    }

    [Fact]
    public async Task Endless_requests_are_eventually_rejected()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ConnectAsync(network, engine);
        byte number = (await peer.NextHelloAsync()).Extensions[MetadataMessage.Extension];

        int given = 0;
        for (int asked = 0; asked < 100; asked++)
        {
            await peer.SendExtendedAsync(number, MetadataMessage.WriteRequest(0));
            Assert.True(MetadataMessage.TryRead(await peer.NextExtendedAsync(Mine), out MetadataMessage message));
            if (message.Kind == MetadataMessageKind.Data)
                given++;
        }

        Assert.Equal(2 * 2 + 16, given);
    }

    [Theory]
    [InlineData("le")]
    [InlineData("d8:msg_typei0ee")]
    public async Task An_invalid_message_ends_the_connection(string payload)
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ConnectAsync(network, engine);
        byte number = (await peer.NextHelloAsync()).Extensions[MetadataMessage.Extension];

        await peer.SendExtendedAsync(number, Encoding.ASCII.GetBytes(payload));

        await peer.AssertClosedAsync();
    }

    [Fact]
    public async Task A_message_that_is_too_long_ends_the_connection()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ConnectAsync(network, engine);
        byte number = (await peer.NextHelloAsync()).Extensions[MetadataMessage.Extension];

        await peer.SendExtendedAsync(number, new byte[MetadataMessage.MaxLength + 1]);

        await peer.AssertClosedAsync();
    }

    [Fact]
    public async Task A_message_of_an_unsupported_extension_is_ignored()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ConnectAsync(network, engine);
        byte number = (await peer.NextHelloAsync()).Extensions[MetadataMessage.Extension];

        await peer.SendExtendedAsync(200, new byte[100_000]);
        await peer.SendExtendedAsync(number, MetadataMessage.WriteRequest(0));

        Assert.NotEmpty(await peer.NextExtendedAsync(Mine));
    }

    [Fact]
    public async Task A_peer_that_repeats_its_extension_handshake_endlessly_is_dropped()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ConnectAsync(network, engine);

        try
        {
            for (int i = 0; i < 200; i++)
                await peer.SendExtendedAsync(0, "de"u8);
        }
        catch (IOException)
        {
            // The engine has closed the connection.
        }

        await peer.AssertClosedAsync();
    }

    private static async Task<ScriptedPeer> ConnectAsync(MemoryNetwork network, TestEngine engine)
    {
        ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, Torrent, isExtended: true);
        await peer.SendExtendedAsync(
            0, new ExtensionHandshake { Extensions = new Dictionary<string, byte> { [MetadataMessage.Extension] = Mine } }.ToBytes());
        return peer;
    }

    private static void AddData(List<byte> metadata, byte[] payload, int piece, int size)
    {
        Assert.True(MetadataMessage.TryRead(payload, out MetadataMessage message));
        Assert.Equal(MetadataMessageKind.Data, message.Kind);
        Assert.Equal(piece, message.Piece);
        Assert.Equal(size, message.TotalSize);
        metadata.AddRange(message.Data);
    }
}
