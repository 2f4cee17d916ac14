using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Trackers;

/// <summary>Peers whose preferred encryption a tracker reports.</summary>
public sealed class EncryptedPeerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_peer_that_requires_encryption_is_dialled_encrypted_at_once(bool isTold)
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(81, 16 * 1024, 4 * 16 * 1024);
        await using var engine = new TestEngine(network);
        using IListener listener = network.Join().Listen(new IPEndPoint(IPAddress.Any, 7004));
        await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore(), command => command with { Trackers = [new Uri("http://t.example/announce")] });
        (await engine.Trackers.NextAsync()).Answer.SetResult(new AnnounceResponse
        {
            Peers = [listener.LocalEndPoint], EncryptedPeers = isTold ? [listener.LocalEndPoint] : [],
        });

        using IConnection dialled = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        var first = new byte[Handshake.Length];
        int length = 0;
        while (length < first.Length && await dialled.ReceiveAsync(first.AsMemory(length)) is > 0 and var count)
            length += count;

        Assert.Equal(!isTold, first.AsSpan(1).StartsWith("BitTorrent protocol"u8));
    }
}
