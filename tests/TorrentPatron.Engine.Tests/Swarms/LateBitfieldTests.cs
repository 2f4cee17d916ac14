using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class LateBitfieldTests
{
    private const int Piece = 32 * 1024;

    [Theory]
    [InlineData("0000000205 80 0000000205 f0")]
    [InlineData("0000000504 00000001 0000000205 b0 0000000205 f0")]
    [InlineData("0000000205 f0 0000000205 80 0000000205 f0")]
    [InlineData("0000000205 80 000000010e")]
    public async Task A_second_bitfield_adds_to_a_peers_pieces(string pieces)
    {
        var torrent = new SwarmTorrent(21, Piece, 4 * Piece);
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartAsync(torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, torrent);

        await peer.SendAsync(Convert.FromHexString(pieces.Replace(" ", "", StringComparison.Ordinal)));
        await peer.SendAsync(MessageId.Unchoke);
        Task serving = peer.ServeAsync(torrent);
        await engine.CompletedAsync();

        torrent.AssertIsIn(engine.Destination);
        await engine.StopAsync();
        await serving;
    }
}
