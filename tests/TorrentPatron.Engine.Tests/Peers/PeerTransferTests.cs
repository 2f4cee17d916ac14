using System.Net;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class PeerTransferTests : IDisposable
{
    private const int FirstDepth = 8;

    private readonly RecordingHandler _handler = new(16);
    private readonly RateLimiter _unlimited = new(TimeProvider.System, 0);
    private readonly PeerTransfer _transfer;

    public PeerTransferTests()
    {
        var peer = new PeerConnection(
            _handler, new IdleConnection(new IPEndPoint(IPAddress.Loopback, 1)), default, isIncoming: true, new ExtensionTable(),
            new RateLimiterPair(_unlimited, _unlimited), TimeProvider.System);
        _transfer = new PeerTransfer(peer, _handler, default, reader: null!, TimeProvider.System);
        Assert.Equal(ReadResult.Complete, PeerMessage.TryRead([0, 0, 0, 1, (byte)MessageId.Unchoke], 1, out PeerMessage unchoke, out _));
        Assert.Null(_transfer.Handle(unchoke));
        _transfer.UpdateInterest(static _ => true);
    }

    public void Dispose()
    {
        _transfer.Peer.Close("The test ends.");
        _unlimited.Dispose();
    }

    [Fact]
    public void A_peer_is_starved_where_there_were_fewer_blocks_than_it_could_take()
    {
        Assert.False(_transfer.IsStarved);
        _handler.Wanted = new ActivePiece(0, 4 * BlockRequest.BlockLength);
        _transfer.FillRequests();
        Assert.Equal(4, _transfer.Requests.Count);
        Assert.True(_transfer.IsStarved);

        _handler.Wanted = new ActivePiece(1, 100 * BlockRequest.BlockLength);
        _transfer.FillRequests();
        Assert.Equal(FirstDepth, _transfer.Requests.Count);
        Assert.False(_transfer.IsStarved);
    }

    [Fact]
    public void A_peer_that_looks_for_blocks_counts_as_starved_so_that_those_released_meanwhile_wake_it()
    {
        _handler.Wanted = new ActivePiece(0, 100 * BlockRequest.BlockLength);
        _transfer.FillRequests();
        Assert.True(_handler.WasStarved);
        Assert.False(_transfer.IsStarved);
    }

    [Fact]
    public void What_a_closed_peer_owes_is_released()
    {
        _handler.Wanted = new ActivePiece(0, 100 * BlockRequest.BlockLength);
        _transfer.FillRequests();
        _transfer.End();
        Assert.Equal([$"released {FirstDepth}"], _handler.Said);
        Assert.Equal(0, _transfer.Requests.Count);
    }
}
