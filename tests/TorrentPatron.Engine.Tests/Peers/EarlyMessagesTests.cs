using System.Net;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class EarlyMessagesTests : IDisposable
{
    private const int Pieces = 16;

    private readonly EarlyMessages _early = new();
    private readonly RecordingHandler _handler = new(Pieces);
    private readonly RateLimiter _unlimited = new(TimeProvider.System, 0);
    private readonly PeerTransfer _transfer;

    public EarlyMessagesTests()
    {
        (MemoryConnection connection, _) = MemoryConnection.Pair(new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 2));
        var peer = new PeerConnection(
            _handler, connection, new Handshake(default, default, SupportsFast: true, SupportsExtensions: false, SupportsDht: false),
            isIncoming: true, new ExtensionTable(), new RateLimiterPair(_unlimited, _unlimited), TimeProvider.System);
        _transfer = new PeerTransfer(peer, _handler, default, reader: null!, TimeProvider.System);
    }

    [Fact]
    public void Replay_says_everything_in_the_order_in_which_it_came()
    {
        Assert.Null(Keep("05 8001"));
        Assert.Null(Keep("04 00000003"));
        Assert.Null(Keep("02"));
        Assert.Null(Keep("11 00000005"));
        Assert.Null(Keep("03"));
        Assert.Null(Keep("04 00000004"));
        Assert.Null(Keep("01"));
        Assert.Empty(_handler.Said);

        Assert.Null(_early.Replay(_transfer));
        Assert.Equal(["pieces 0 15", "piece 3", "interested", "not interested", "piece 4"], _handler.Said);
        Assert.False(_transfer.IsChoking);
        Assert.Equal([5], _transfer.AllowedFast);
    }

    [Fact]
    public void Replay_ends_at_the_first_fault_and_tells_it()
    {
        Keep("04 00000001");
        Keep("04 00000010");
        Keep("04 00000002");
        Assert.Equal("It claims a piece that the torrent does not have.", _early.Replay(_transfer));
        Assert.Equal(["piece 1"], _handler.Said);
    }

    [Theory]
    [InlineData("06 00000000 00000000 00004000")]
    [InlineData("08 00000000 00000000 00004000")]
    [InlineData("10 00000000 00000000 00004000")]
    [InlineData("63")]
    public void What_is_of_no_use_later_is_not_kept(string message)
    {
        for (int i = 0; i < 50_000; i++)
            Assert.Null(Keep(message));
        Assert.Null(_early.Replay(_transfer));
        Assert.Empty(_handler.Said);
    }

    [Fact]
    public void A_block_ends_the_connection() => Assert.Equal(EarlyMessages.UnaskedBlock, Keep("07 00000000 00000000 ff"));

    [Fact]
    public void The_bitfield_of_the_largest_torrent_and_some_thousand_haves_are_kept_but_not_haves_without_end()
    {
        byte[] bitfield = new byte[EarlyMessages.MaxMessageLength];
        bitfield[0] = (byte)MessageId.Bitfield;
        Assert.Null(Keep(bitfield));
        int kept = 0;
        string? fault = null;
        while (fault is null && kept < 100_000)
        {
            fault = Keep("04 00000001");
            kept += fault is null ? 1 : 0;
        }

        Assert.Equal("It tells of pieces without end.", fault);
        Assert.InRange(kept, 5000, 10_000);
    }

    public void Dispose()
    {
        _transfer.Peer.Close("The test ends.");
        _unlimited.Dispose();
    }

    private string? Keep(string hex) => Keep(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

    private string? Keep(byte[] body)
    {
        byte[] bytes = [0, 0, 0, 0, .. body];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, body.Length);
        Assert.Equal(ReadResult.Complete, PeerMessage.TryRead(bytes, EarlyMessages.MaxMessageLength, out PeerMessage message, out _));
        return _early.Keep(message);
    }
}
