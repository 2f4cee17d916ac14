using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers.Extensions;

/// <summary>Peers tell each other that they want nothing more (BEP 21).</summary>
public sealed class UploadOnlyTests
{
    private const int Piece = 16 * 1024;
    private const byte UploadOnly = 4;

    private static readonly SwarmTorrent Torrent = new(53, Piece, 2 * Piece);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_seed_disconnects_from_a_peer_that_wants_nothing_more(bool inHandshake)
    {
        var network = new MemoryNetwork();
        await using var seed = new TestEngine(network);
        await seed.SeedAsync(Torrent);
        using ScriptedPeer peer = await ConnectAsync(network, seed, isUploadOnly: inHandshake);
        ExtensionHandshake hello = await peer.NextHelloAsync();

        if (!inHandshake)
            await peer.SendExtendedAsync(hello.Extensions["upload_only"], [1]);

        Assert.True(hello.IsUploadOnly);
        await peer.AssertClosedAsync();
    }

    [Fact]
    public async Task A_download_keeps_an_upload_only_peer_and_announces_its_own_completion()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(Torrent);
        using ScriptedPeer partial = await ConnectAsync(network, engine, isUploadOnly: true, id: 1);
        using ScriptedPeer leecher = await ConnectAsync(network, engine, isUploadOnly: false, id: 2);
        ExtensionHandshake hello = await leecher.NextHelloAsync();

        await partial.SendAsync(MessageId.HaveAll);
        await partial.SendAsync(MessageId.Unchoke);
        Task serving = partial.ServeAsync(Torrent);
        await engine.CompletedAsync();

        Assert.False(hello.IsUploadOnly);
        Assert.Equal([1], await leecher.NextExtendedAsync(UploadOnly));
        await serving;
    }

    private static async Task<ScriptedPeer> ConnectAsync(MemoryNetwork network, TestEngine engine, bool isUploadOnly, byte id = 1)
    {
        ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, Torrent, id, isExtended: true);
        await peer.SendExtendedAsync(0, new ExtensionHandshake
        {
            Extensions = new Dictionary<string, byte> { ["upload_only"] = UploadOnly },
            IsUploadOnly = isUploadOnly,
        }.ToBytes());
        return peer;
    }
}
