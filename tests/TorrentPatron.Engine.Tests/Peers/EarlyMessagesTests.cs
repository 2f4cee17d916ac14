using TorrentPatron.Engine.Peers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class EarlyMessagesTests : IDisposable
{
    private const int Pieces = 16;
    private const string Request = "06 00000000 00000000 00004000";

    private readonly EarlyMessages _early = new();
    private readonly LonePeer _peer = new(Pieces);
    private readonly PeerTransfer _transfer;

    public EarlyMessagesTests() => _transfer = new PeerTransfer(
        new PeerDownload(_peer.Connection, _peer.Handler, TimeProvider.System), new PeerUpload(_peer.Connection, _peer.Handler, reader: null!));

    public void Dispose() => _peer.Dispose();

    [Fact]
    public void Replay_delivers_every_message_in_order_and_keeps_none()
    {
        Assert.Null(Keep("05 8001"));
        Assert.Null(Keep("04 00000003"));
        Assert.Null(Keep("02"));
        Assert.Null(Keep("11 00000005"));
        Assert.Null(Keep("03"));
        Assert.Null(Keep("04 00000004"));
        Assert.Null(Keep("01"));
        Assert.Empty(_peer.Handler.Said);

        Assert.Null(_early.Replay(_transfer));
        Assert.Equal(["pieces 0 15", "piece 3", "interested", "not interested", "piece 4"], _peer.Handler.Said);
        Assert.False(_transfer.Download.IsChoking);
        Assert.Equal([5], _transfer.Download.AllowedFast);
        Assert.False(_early.TryKeep(LonePeer.Message("04 00000006"), withRequests: true, out string? fault));
        Assert.Null(fault);
    }

    [Fact]
    public void Messages_that_arrive_during_a_replay_follow_it()
    {
        Keep("04 00000001");
        Keep("04 00000002");
        _peer.Handler.OnSaid = () =>
        {
            if (_peer.Handler.Said.Count == 1)
                Assert.Null(Keep("04 00000003", withRequests: true));
            else if (_peer.Handler.Said.Count == 3)
                Assert.Null(Keep(Request, withRequests: true));
        };

        Assert.Null(_early.Replay(_transfer));
        Assert.Equal(["piece 1", "piece 2", "piece 3"], _peer.Handler.Said);
        Assert.Equal(["RejectRequest 0.0"], _peer.TakeSent());
    }

    [Fact]
    public async Task Messages_can_be_added_by_another_thread_during_a_replay()
    {
        Keep("04 00000001");
        _peer.Handler.OnSaid = () =>
        {
            _peer.Handler.OnSaid = null;
            // If a lock were held during the callback, this would never end.
            Assert.True(Task.Run(() => Keep("04 00000002")).Wait(TimeSpan.FromSeconds(30)));
        };

        Assert.Null(await Task.Run(() => _early.Replay(_transfer)));
        Assert.Equal(["piece 1", "piece 2"], _peer.Handler.Said);
    }

    [Fact]
    public void Replay_ends_at_the_first_fault_and_returns_it()
    {
        Keep("04 00000001");
        Keep("04 00000010");
        Keep("04 00000002");
        Assert.Equal("It claims a piece that the torrent does not have.", _early.Replay(_transfer));
        Assert.Equal(["piece 1"], _peer.Handler.Said);
    }

    [Fact]
    public void A_peer_that_sends_endlessly_does_not_prolong_a_replay_for_ever()
    {
        string? fault = null;
        Keep("04 00000001");
        _peer.Handler.OnSaid = () => fault ??= Keep("04 00000001");
        Assert.Null(_early.Replay(_transfer));
        Assert.Equal("It announces too many pieces.", fault);
    }

    [Theory]
    [InlineData(Request)]
    [InlineData("08 00000000 00000000 00004000")]
    [InlineData("10 00000000 00000000 00004000")]
    [InlineData("63")]
    public void Messages_without_later_use_are_not_kept(string message)
    {
        for (int i = 0; i < 50_000; i++)
            Assert.Null(Keep(message));
        Assert.Null(_early.Replay(_transfer));
        Assert.Empty(_peer.Handler.Said);
    }

    [Fact]
    public void An_early_block_ends_the_connection() => Assert.Equal(EarlyMessages.UnaskedBlock, Keep("07 00000000 00000000 ff"));

    [Fact]
    public void The_largest_bitfield_and_some_thousand_haves_are_kept_but_not_endless_haves()
    {
        byte[] bitfield = new byte[EarlyMessages.MaxMessageLength];
        bitfield[0] = (byte)MessageId.Bitfield;
        Assert.True(_early.TryKeep(LonePeer.Message(bitfield), withRequests: false, out string? fault));
        Assert.Null(fault);
        int kept = 0;
        while (fault is null && kept < 100_000)
        {
            fault = Keep("04 00000001");
            kept += fault is null ? 1 : 0;
        }

        Assert.Equal("It announces too many pieces.", fault);
        Assert.InRange(kept, 5000, 10_000);
    }

    private string? Keep(string hex, bool withRequests = false)
    {
        Assert.True(_early.TryKeep(LonePeer.Message(hex), withRequests, out string? fault));
        return fault;
    }
}
