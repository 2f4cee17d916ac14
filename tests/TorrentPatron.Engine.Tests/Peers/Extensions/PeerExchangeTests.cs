using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers.Extensions;

public sealed class PeerExchangeTests : IAsyncDisposable
{
    private const byte Mine = 9;

    private static readonly SwarmTorrent Torrent = new(50, 16 * 1024, 4 * 16 * 1024);

    private readonly MemoryNetwork _network = new();
    private readonly TestEngine _engine;

    public PeerExchangeTests() => _engine = new TestEngine(_network);

    [Fact]
    public async Task A_peer_is_sent_the_address_of_another_that_listens()
    {
        await _engine.StartAsync(Torrent);
        using ScriptedPeer listening = await ConnectAsync(1, listenPort: 7001);
        using ScriptedPeer silent = await ConnectAsync(2, listenPort: null);

        Assert.True(PexMessage.TryRead(await silent.NextExtendedAsync(Mine), out PexMessage? message));

        PexPeer told = Assert.Single(message.Added);
        Assert.Equal(7001, told.EndPoint.Port);
        Assert.Equal(PexFlags.None, told.Flags);
        Assert.Empty(message.Dropped);
    }

    [Fact]
    public async Task A_peer_named_by_another_is_dialled()
    {
        await _engine.StartAsync(Torrent);
        using IListener listener = _network.Join().Listen(new IPEndPoint(IPAddress.Any, 7002));
        using ScriptedPeer peer = await ConnectAsync(1, listenPort: null);
        byte number = (await peer.NextHelloAsync()).Extensions[PexMessage.ExtensionName];

        var message = new PexMessage { Added = [new PexPeer(listener.LocalEndPoint, PexFlags.None)] };
        await peer.SendExtendedAsync(number, message.ToBytes());

        using ScriptedPeer dialled = await ScriptedPeer.AwaitAsync(listener, Torrent, id: 2);
        await TestEngine.UntilAsync(() => _engine.Client.GetPeers(Torrent.Metainfo.TorrentId).Any(other => other.Source == PeerSource.PeerExchange));
    }

    [Fact]
    public async Task A_named_peer_that_prefers_encryption_is_dialled_encrypted_at_once()
    {
        await _engine.StartAsync(Torrent);
        using IListener listener = _network.Join().Listen(new IPEndPoint(IPAddress.Any, 7003));
        using ScriptedPeer peer = await ConnectAsync(1, listenPort: null);
        byte number = (await peer.NextHelloAsync()).Extensions[PexMessage.ExtensionName];
        var message = new PexMessage { Added = [new PexPeer(listener.LocalEndPoint, PexFlags.PrefersEncryption)] };
        await peer.SendExtendedAsync(number, message.ToBytes());

        using IConnection dialled = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        var first = new byte[Handshake.Length];
        int length = 0;
        while (length < first.Length && await dialled.ReceiveAsync(first.AsMemory(length)) is > 0 and var count)
            length += count;
        Assert.False(first.AsSpan(1).StartsWith("BitTorrent protocol"u8));
    }

    [Fact]
    public async Task It_is_not_used_for_private_torrents()
    {
        var torrent = new SwarmTorrent(51, 16 * 1024, isPrivate: true, 4 * 16 * 1024);
        await _engine.StartAsync(torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(_network, _engine, torrent, isExtended: true);
        Assert.DoesNotContain(PexMessage.ExtensionName, (await peer.NextHelloAsync()).Extensions.Keys);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("d5:added3:abce")]
    public async Task An_invalid_message_ends_the_connection(string payload)
    {
        await _engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ConnectAsync(1, listenPort: null);
        byte number = (await peer.NextHelloAsync()).Extensions[PexMessage.ExtensionName];
        await peer.SendExtendedAsync(number, System.Text.Encoding.ASCII.GetBytes(payload));
        await peer.AssertClosedAsync();
    }

    [Fact]
    public async Task A_peer_that_names_peers_endlessly_is_dropped()
    {
        await _engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ConnectAsync(1, listenPort: null);
        byte number = (await peer.NextHelloAsync()).Extensions[PexMessage.ExtensionName];
        for (int i = 0; i < 12; i++)
        {
            var message = new PexMessage { Added = [new PexPeer(new IPEndPoint(new IPAddress([10, 9, 9, (byte)i]), 6881), PexFlags.None)] };
            await peer.SendExtendedAsync(number, message.ToBytes());
        }

        await peer.AssertClosedAsync();
        await TestEngine.UntilAsync(() => _engine.Client.GetStatus(Torrent.Metainfo.TorrentId)!.KnownPeers > 0);
        Assert.Equal(1, _engine.Client.GetStatus(Torrent.Metainfo.TorrentId)!.KnownPeers);
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    private async Task<ScriptedPeer> ConnectAsync(byte id, int? listenPort)
    {
        ScriptedPeer peer = await ScriptedPeer.ConnectAsync(_network, _engine, Torrent, id, isExtended: true);
        var hello = new ExtensionHandshake { Extensions = new Dictionary<string, byte> { [PexMessage.ExtensionName] = Mine }, ListenPort = listenPort };
        await peer.SendExtendedAsync(0, hello.ToBytes());
        return peer;
    }
}
