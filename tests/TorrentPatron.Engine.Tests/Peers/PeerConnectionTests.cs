using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class PeerConnectionTests : IDisposable
{
    private const int Pieces = 16;

    private readonly LonePeer _peer = new(Pieces);
    private readonly PeerTransfer _transfer;

    public PeerConnectionTests() => _transfer = new PeerTransfer(
        new PeerDownload(_peer.Connection, _peer.Handler, TimeProvider.System), new PeerUpload(_peer.Connection, _peer.Handler, reader: null!));

    public void Dispose() => _peer.Dispose();

    [Fact]
    public void A_request_before_the_pieces_are_known_is_rejected_at_once()
    {
        Say("06 00000001 00000000 00004000");
        Assert.Equal(["RejectRequest 1.0"], _peer.TakeSent());
    }

    [Fact]
    public void Begin_replays_early_messages_then_newer_ones_and_then_requests_blocks()
    {
        _peer.Handler.Wanted = new ActivePiece(0, 4 * BlockRequest.BlockLength);
        Say("04 00000001");
        Say("01");
        _peer.Handler.OnSaid = () =>
        {
            if (_peer.Handler.Said.Count > 1)
                return;
            _transfer.Download.UpdateInterest(static _ => true);
            Assert.Null(_peer.Connection.Transfer);
            _transfer.Download.FillRequests();
            Say("04 00000002");
            Say("06 00000001 00000000 00004000");
        };

        Assert.Null(_peer.Connection.Begin(_transfer, Pieces));
        Assert.Equal(["piece 1", "piece 2"], _peer.Handler.Said);
        Assert.Same(_transfer, _peer.Connection.Transfer);
        Assert.Equal(["Interested", "RejectRequest 1.0", "Request 0.0", "Request 0.1", "Request 0.2", "Request 0.3"], _peer.TakeSent());
        Say("04 00000003");
        Assert.Equal("piece 3", _peer.Handler.Said[^1]);
    }

    [Fact]
    public void A_peer_closed_by_its_early_messages_gets_no_requests()
    {
        _peer.Handler.Wanted = new ActivePiece(0, 4 * BlockRequest.BlockLength);
        Say("01");
        Say("04 00000001");
        _peer.Handler.OnSaid = () =>
        {
            _transfer.Download.UpdateInterest(static _ => true);
            _peer.Connection.Close("It is of no use.");
        };
        Assert.Null(_peer.Connection.Begin(_transfer, Pieces));
        Assert.Equal(0, _transfer.Download.Requested);
        Assert.Equal(["piece 1"], _peer.Handler.Said);
    }

    [Fact]
    public void Begin_returns_the_fault_of_an_early_message()
    {
        Say("04 00000010");
        Assert.Equal("It claims a piece that the torrent does not have.", _peer.Connection.Begin(_transfer, Pieces));
    }

    private void Say(string hex) => Assert.Null(_peer.Connection.Handle(LonePeer.Message(hex), slab: null!, 0));
}
