using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Tests.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class PeerDownloadTests : IDisposable
{
    private const int FirstDepth = 8;
    private const int Block = BlockRequest.BlockLength;

    private readonly FakeTimeProvider _time = new();
    private readonly SlabPool _slabs = new();
    private readonly LonePeer _fast;
    private readonly LonePeer _plain;
    private readonly PeerDownload _download;

    public PeerDownloadTests()
    {
        _fast = new LonePeer(16, isFast: true, _time);
        _plain = new LonePeer(16, isFast: false, _time);
        _download = Ready(_fast);
        _fast.TakeSent();
    }

    public void Dispose()
    {
        _fast.Dispose();
        _plain.Dispose();
    }

    [Fact]
    public void FillRequests_asks_for_as_many_blocks_as_should_be_outstanding()
    {
        Want(_fast, 0, 4);
        _download.FillRequests();
        Assert.Equal(["Request 0.0", "Request 0.1", "Request 0.2", "Request 0.3"], _fast.TakeSent());
        Assert.Equal(4, _download.Requested);
        Assert.True(_download.IsStarved);

        Want(_fast, 1, 100);
        _download.FillRequests();
        Assert.Equal(FirstDepth, _download.Requested);
        Assert.False(_download.IsStarved);
    }

    [Fact]
    public void A_peer_in_search_of_blocks_counts_as_starved_so_that_released_blocks_wake_it()
    {
        Want(_fast, 0, 100);
        _download.FillRequests();
        Assert.True(_fast.Handler.WasStarved);
        Assert.False(_download.IsStarved);
    }

    [Fact]
    public void The_newest_suggestions_are_remembered_and_a_flood_of_them_counts_as_futile_work()
    {
        PeerTransfer transfer = new(_download, new PeerUpload(_fast.Connection, _fast.Handler, reader: null!));
        Assert.Null(transfer.Handle(LonePeer.Message("0d 00000003")));
        Assert.Null(transfer.Handle(LonePeer.Message("0d 00000005")));
        Assert.Null(transfer.Handle(LonePeer.Message("0d 00000003")));
        Assert.Null(transfer.Handle(LonePeer.Message("0d 7fffffff")));
        Assert.Null(transfer.Handle(LonePeer.Message("0d ffffffff")));
        Assert.Equal([5, 3], _download.Suggested);
        Assert.False(_fast.Connection.FutileWork.IsSpent);

        for (int i = 0; i < FutileWork.Allowance; i++)
            _download.HandleSuggestion(i % 16);
        Assert.Equal(16, _download.Suggested.Length);
        Assert.True(_fast.Connection.FutileWork.IsSpent);
    }

    [Fact]
    public void Suggestions_of_a_peer_without_the_fast_extension_are_ignored()
    {
        PeerDownload download = new(_plain.Connection, _plain.Handler, _time);
        PeerTransfer transfer = new(download, new PeerUpload(_plain.Connection, _plain.Handler, reader: null!));
        Assert.Null(transfer.Handle(LonePeer.Message("0d 00000003")));
        Assert.Empty(download.Suggested.ToArray());
    }

    [Fact]
    public void A_repeated_announcement_of_a_piece_counts_as_futile_work_and_the_first_does_not()
    {
        _download.Availability.Pieces = new Bitfield(16);
        for (int i = 0; i <= FutileWork.Allowance; i++)
            Assert.Null(_download.HandleHave(3));
        Assert.False(_fast.Connection.FutileWork.IsSpent);

        _fast.Handler.Said.Clear();
        _download.Availability.Pieces.Set(3);
        for (int i = 0; i <= FutileWork.Allowance; i++)
            Assert.Null(_download.HandleHave(3));
        Assert.True(_fast.Connection.FutileWork.IsSpent);
        Assert.Empty(_fast.Handler.Said);
    }

    [Fact]
    public void Nothing_is_requested_before_it_is_open_while_we_want_nothing_while_choked_or_after_closing()
    {
        Want(_plain, 0, 100);
        var download = new PeerDownload(_plain.Connection, _plain.Handler, _time);
        download.UpdateInterest(static _ => true);
        download.HandleChoke(false);
        download.FillRequests();
        Assert.Equal(0, download.Requested);
        download.UpdateInterest(static _ => false);
        download.Open();
        Assert.Equal(0, download.Requested);
        download.UpdateInterest(static _ => true);
        download.HandleChoke(true);
        download.FillRequests();
        Assert.Equal(0, download.Requested);
        download.HandleAllowedFast(3);
        Assert.True(download.MayRequest(3));
        Assert.False(download.MayRequest(4));
        download.FillRequests();
        Assert.Equal(FirstDepth, download.Requested);

        download.End();
        _plain.Connection.Close("It goes.");
        download.FillRequests();
        Assert.Equal(0, download.Requested);
    }

    [Fact]
    public void UpdateInterest_sends_only_changes()
    {
        _download.UpdateInterest(static _ => true);
        Assert.Empty(_fast.TakeSent());
        _download.UpdateInterest(static _ => false);
        _download.UpdateInterest(static _ => false);
        _download.UpdateInterest(static _ => true);
        Assert.Equal(["NotInterested", "Interested"], _fast.TakeSent());
    }

    [Fact]
    public void A_choke_cancels_requests_unless_the_peer_rejects_each_one()
    {
        Want(_fast, 0, 100);
        _download.FillRequests();
        _download.HandleChoke(true);
        Assert.Equal(FirstDepth, _download.Requested);
        Assert.Null(_download.HandleReject(new BlockRequest(0, 0, Block)));
        Assert.Null(_download.HandleReject(new BlockRequest(0, 0, Block)));
        Assert.Equal(["released 1"], _fast.Handler.Said);

        Want(_plain, 0, 100);
        PeerDownload plain = Ready(_plain);
        Assert.Equal(FirstDepth, plain.Requested);
        plain.HandleChoke(true);
        Assert.Equal([$"released {FirstDepth}"], _plain.Handler.Said);
    }

    [Fact]
    public void A_peer_that_rejects_every_request_is_dropped_but_not_one_that_sends_a_block_now_and_then()
    {
        Assert.Null(Reject(2000));
        Assert.Null(Send(Ask(3000), 0));
        Assert.Null(Reject(2000));
        Assert.Equal("It rejects every request.", Reject(1));
    }

    [Fact]
    public void Requested_blocks_are_queued_for_hashing_at_the_end_of_a_batch()
    {
        ActivePiece piece = Want(_fast, 5, 4);
        _download.FillRequests();
        Assert.Null(Send(piece, 0));
        Assert.Null(Send(piece, 2));
        Assert.Null(Send(piece, 1));
        Assert.Empty(_fast.Handler.Said);
        _download.EndBatch();
        Assert.Equal([$"added 5, {3 * Block}"], _fast.Handler.Said);
        Assert.Equal((3L * Block, 0, 1), (_download.PayloadReceived, _fast.Handler.Wasted, _download.Requested));
        _download.HandOverBlocks();
        Assert.Single(_fast.Handler.Said);
    }

    [Fact]
    public void Unrequested_blocks_count_as_waste_and_too_many_end_the_connection()
    {
        ActivePiece piece = new(1, 4 * Block);
        for (int i = 0; i < PeerDownload.MostUnaskedBlocks; i++)
            Assert.Null(Send(piece, 0));
        Assert.Equal("It sends blocks that were not requested.", Send(piece, 0));
        Assert.Equal((PeerDownload.MostUnaskedBlocks + 1) * Block, _fast.Handler.Wasted);
    }

    [Fact]
    public void A_block_also_requested_from_another_peer_is_reported()
    {
        ActivePiece piece = Want(_fast, 0, 1);
        _download.FillRequests();
        piece.ReserveRequested(new PendingBlock[1], new NamedSource("other"));
        Assert.Null(Send(piece, 0));
        Assert.Equal(["block"], _fast.Handler.Said);
    }

    [Fact]
    public void CancelRequest_cancels_only_outstanding_requests()
    {
        ActivePiece piece = Want(_fast, 0, 4);
        _download.FillRequests();
        _fast.TakeSent();
        _download.CancelRequest(new PendingBlock(piece, 2));
        _download.CancelRequest(new PendingBlock(piece, 2));
        Assert.Equal(["Cancel 0.2"], _fast.TakeSent());
        Assert.Equal(["released 1"], _fast.Handler.Said);
        Assert.Equal(3, _download.Requested);
    }

    [Fact]
    public void A_peer_that_sends_nothing_for_too_long_is_snubbed_and_has_no_pending_requests()
    {
        Want(_fast, 0, 100);
        _download.FillRequests();
        _time.Advance(PeerTimeouts.Request + TimeSpan.FromSeconds(1));
        _download.Tick(0, isPaused: true);
        Assert.False(_download.IsSnubbed);
        _fast.Handler.Wanted = null;
        _download.Tick(0, isPaused: false);
        Assert.True(_download.IsSnubbed);
        Assert.Equal(0, _download.Requested);
        Assert.Equal([$"released {FirstDepth}"], _fast.Handler.Said);
    }

    [Fact]
    public void A_snubbed_peers_requests_are_cancelled_and_late_blocks_are_accepted_if_still_wanted()
    {
        ActivePiece piece = Want(_fast, 0, 100);
        _download.FillRequests();
        _fast.TakeSent();
        _time.Advance(PeerTimeouts.Request + TimeSpan.FromSeconds(1));
        _fast.Handler.Wanted = null;
        _download.Tick(0, isPaused: false);

        Assert.Equal(FirstDepth, _fast.TakeSent().Count(message => message.StartsWith("Cancel", StringComparison.Ordinal)));
        for (int block = 0; block < FirstDepth; block++)
            piece.Release(block, _download, out _);

        Assert.Null(Send(piece, 3));
        Assert.Equal(0, _fast.Handler.Wasted);
        Assert.Equal(1, piece.Received);
        Assert.False(_download.IsSnubbed);
        // The same block again is no longer wanted.
        Assert.Null(Send(piece, 3));
        Assert.Equal(Block, _fast.Handler.Wasted);
        Assert.Equal(1, piece.Received);
    }

    [Fact]
    public void A_late_block_of_an_abandoned_piece_is_rejected()
    {
        ActivePiece piece = Want(_fast, 0, 100);
        _download.FillRequests();
        _time.Advance(PeerTimeouts.Request + TimeSpan.FromSeconds(1));
        _fast.Handler.Wanted = null;
        _download.Tick(0, isPaused: false);
        piece.Abandon();

        for (int block = 0; block < FirstDepth; block++)
            Assert.Null(Send(piece, block));

        Assert.Equal(FirstDepth * Block, _fast.Handler.Wasted);
        Assert.Equal(0, piece.Received);
    }

    [Fact]
    public void Our_own_pause_does_not_count_against_the_peer()
    {
        Want(_fast, 0, 100);
        _download.FillRequests();
        _time.Advance(PeerTimeouts.Request + TimeSpan.FromSeconds(1));
        _download.Unpause();
        _download.Tick(0, isPaused: false);
        Assert.False(_download.IsSnubbed);
        Assert.Equal(FirstDepth, _download.Requested);
    }

    [Fact]
    public void Overdue_requests_to_a_trickling_peer_are_cancelled()
    {
        ActivePiece piece = Want(_fast, 0, 100);
        _download.FillRequests();
        _fast.TakeSent();
        _time.Advance(PeerTimeouts.Request + TimeSpan.FromSeconds(1));
        _fast.Connection.Received();
        _fast.Handler.Wanted = null;
        Assert.Null(Send(piece, 0));
        _download.Tick(0, isPaused: false);
        Assert.False(_download.IsSnubbed);
        Assert.Equal(FirstDepth - 1, _fast.TakeSent().Count(message => message.StartsWith("Cancel", StringComparison.Ordinal)));
        Assert.Equal(0, _download.Requested);
    }

    [Fact]
    public void A_peers_piece_messages_are_reported_and_invalid_ones_end_the_connection()
    {
        Assert.Null(_download.HandlePieces(LonePeer.Message("05 8001")));
        Assert.Null(_download.HandlePieces(LonePeer.Message("05 ffff")));
        Assert.Null(_download.HandlePieces(LonePeer.Message("0e")));
        Assert.Null(_download.HandlePieces(LonePeer.Message("0f")));
        Assert.Null(_download.HandleHave(15));
        Assert.Null(_download.HandleDontHave(15));
        Assert.Equal(["pieces 0 15", "pieces all", "pieces all", "piece 15", "lost 15"], _fast.Handler.Said);

        Assert.NotNull(_download.HandlePieces(LonePeer.Message("05 80")));
        Assert.NotNull(_download.HandleHave(16));
        Assert.NotNull(_download.HandleDontHave(-1));
        Assert.NotNull(Ready(_plain).HandlePieces(LonePeer.Message("0e")));
        Assert.Equal(5, _fast.Handler.Said.Count);
    }

    [Fact]
    public void At_most_32_valid_pieces_are_remembered_as_allowed_fast()
    {
        _download.HandleAllowedFast(16);
        for (int i = 0; i < 100; i++)
            _download.HandleAllowedFast(i % 16);
        Assert.Equal(32, _download.AllowedFast.Count);
        Assert.DoesNotContain(16, _download.AllowedFast);
    }

    [Fact]
    public void A_closed_peers_pending_requests_are_released_once()
    {
        Want(_fast, 0, 100);
        _download.FillRequests();
        _download.End();
        _download.End();
        Assert.Equal([$"released {FirstDepth}"], _fast.Handler.Said);
        Assert.Equal(0, _download.Requested);
    }

    private PeerDownload Ready(LonePeer peer)
    {
        var download = new PeerDownload(peer.Connection, peer.Handler, _time);
        download.UpdateInterest(static _ => true);
        download.HandleChoke(false);
        download.Open();
        return download;
    }

    private static ActivePiece Want(LonePeer peer, int index, int blocks) => peer.Handler.Wanted = new ActivePiece(index, blocks * Block);

    private ActivePiece Ask(int index)
    {
        ActivePiece piece = Want(_fast, index, 1);
        _download.FillRequests();
        Assert.Equal(1, _download.Requested);
        return piece;
    }

    private string? Reject(int times)
    {
        string? fault = null;
        for (int i = 0; i < times && fault is null; i++)
        {
            Ask(i);
            fault = _download.HandleReject(new BlockRequest(i, 0, Block));
        }

        return fault;
    }

    private string? Send(ActivePiece piece, int block)
    {
        BlockRequest range = piece.RangeOf(block);
        byte[] body = new byte[9 + range.Length];
        body[0] = (byte)MessageId.Piece;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), range.Piece);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(5), range.Begin);
        Slab slab = _slabs.Rent(Block);
        string? fault = _download.HandleBlock(LonePeer.Message(body), slab, 0);
        slab.Release();
        return fault;
    }
}
