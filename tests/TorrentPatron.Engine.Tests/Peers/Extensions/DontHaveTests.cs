using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers.Extensions;

public sealed class DontHaveTests : IAsyncDisposable
{
    private const int Piece = 16 * 1024;

    private static readonly SwarmTorrent Torrent = new(52, Piece, 4 * Piece);

    private readonly MemoryNetwork _network = new();
    private readonly TestEngine _engine;

    public DontHaveTests() => _engine = new TestEngine(_network);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_piece_that_a_peer_no_longer_has_is_not_requested(bool isFast)
    {
        await _engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(_network, _engine, Torrent, isFast: isFast, isExtended: true);
        byte number = (await peer.NextHelloAsync()).Extensions[DontHaveMessage.ExtensionName];
        if (isFast)
            await peer.SendAsync(MessageId.HaveAll);
        else
            await peer.SendAsync(MessageId.Bitfield, 0xF0);
        await peer.SendExtendedAsync(number, [0, 0, 0, 2]);
        await peer.SendExtendedAsync(number, [0, 0, 0, 2]);
        await peer.SendAsync(MessageId.Unchoke);

        var asked = new List<int>();
        for (int i = 0; i < 3; i++)
        {
            BlockRequest range = await peer.NextRangeAsync(MessageId.Request);
            asked.Add(range.Piece);
            await peer.SendAsync(ScriptedPeer.Block(Torrent, range));
        }

        Assert.Equal([0, 1, 3], asked.Order());
        // Once we have those, it has nothing more for us and is sent "not interested".
        await peer.NextAsync(MessageId.NotInterested);
        await peer.SendIndexAsync(MessageId.Have, 2);
        Assert.Equal(2, (await peer.NextRangeAsync(MessageId.Request)).Piece);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 4 })]
    [InlineData(new byte[] { 255, 255, 255, 255 })]
    [InlineData(new byte[] { 0, 0, 0 })]
    public async Task A_piece_index_out_of_range_ends_the_connection(byte[] payload)
    {
        await _engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(_network, _engine, Torrent, isExtended: true);
        byte number = (await peer.NextHelloAsync()).Extensions[DontHaveMessage.ExtensionName];
        await peer.SendExtendedAsync(number, payload);
        await peer.AssertClosedAsync();
    }

    [Fact]
    public async Task A_peer_that_has_lost_every_piece_is_not_interesting()
    {
        await _engine.StartAsync(Torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(_network, _engine, Torrent, isFast: true, isExtended: true);
        byte number = (await peer.NextHelloAsync()).Extensions[DontHaveMessage.ExtensionName];

        await peer.SendAsync(MessageId.HaveAll);
        await peer.NextAsync(MessageId.Interested);
        foreach (byte piece in new byte[] { 0, 1, 1, 2, 3 })
            await peer.SendExtendedAsync(number, [0, 0, 0, piece]);

        await peer.NextAsync(MessageId.NotInterested);
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();
}
