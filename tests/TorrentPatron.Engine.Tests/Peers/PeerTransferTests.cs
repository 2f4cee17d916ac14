using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class PeerTransferTests : IDisposable
{
    private readonly LonePeer _fast = new(16);
    private readonly LonePeer _plain = new(16, isFast: false);

    public void Dispose()
    {
        _fast.Dispose();
        _plain.Dispose();
    }

    [Fact]
    public void Messages_go_to_the_download_or_the_upload()
    {
        PeerTransfer transfer = Transfer(_fast);
        Say(transfer, "05 8001", "04 00000003", "02", "03", "01", "11 00000005");
        Assert.Equal(["pieces 0 15", "piece 3", "interested", "not interested"], _fast.Handler.Said);
        Assert.False(transfer.Download.IsChoking);
        Assert.Equal([5], transfer.Download.AllowedFast);

        Say(transfer, "00", "06 00000000 00000000 00004000", "08 00000000 00000000 00004000", "63");
        Assert.True(transfer.Download.IsChoking);
        Assert.Equal(["RejectRequest 0.0"], _fast.TakeSent());
        Assert.NotNull(transfer.Handle(LonePeer.Message("04 00000010")));
        Assert.NotNull(transfer.Handle(LonePeer.Message("05 80")));
        Assert.NotNull(transfer.Handle(LonePeer.Message("06 00000010 00000000 00004000")));
    }

    [Fact]
    public void Messages_of_the_fast_extension_are_ignored_if_it_was_not_negotiated()
    {
        PeerTransfer transfer = Transfer(_plain);
        _plain.Handler.Wanted = new ActivePiece(0, BlockRequest.BlockLength);
        transfer.Download.UpdateInterest(static _ => true);
        Say(transfer, "01");
        transfer.Download.Open();
        Say(transfer, "11 00000005", "10 00000000 00000000 00004000");
        Assert.Empty(transfer.Download.AllowedFast);
        Assert.Equal(1, transfer.Download.Requested);
    }

    private static PeerTransfer Transfer(LonePeer peer) => new(
        new PeerDownload(peer.Connection, peer.Handler, TimeProvider.System), new PeerUpload(peer.Connection, peer.Handler, reader: null!));

    private static void Say(PeerTransfer transfer, params string[] messages)
    {
        foreach (string message in messages)
            Assert.Null(transfer.Handle(LonePeer.Message(message)));
    }
}
