using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class PeerUploadTests : IDisposable
{
    private const int Pieces = 16;

    private readonly LonePeer _fast = new(Pieces);
    private readonly LonePeer _plain = new(Pieces, isFast: false);
    private readonly PeerUpload _upload;

    public PeerUploadTests()
    {
        _fast.Handler.Here = [.. Enumerable.Range(0, Pieces)];
        _plain.Handler.Here = _fast.Handler.Here;
        _upload = new PeerUpload(_fast.Connection, _fast.Handler, new Reader());
    }

    public void Dispose()
    {
        _fast.Dispose();
        _plain.Dispose();
    }

    [Fact]
    public void An_unchoked_peer_gets_its_requested_blocks()
    {
        _upload.SetChoking(false);
        Assert.Null(_upload.HandleRequest(new BlockRequest(3, 0, 100)));
        Assert.Null(_upload.HandleRequest(new BlockRequest(15, 0, 100)));
        Assert.Equal(["Unchoke", "Piece 3", "Piece 15"], _fast.TakeSent());
        Assert.Equal(200, _upload.PayloadSent);
    }

    [Fact]
    public void A_choked_peer_is_sent_nothing_and_gets_rejects_if_it_supports_them()
    {
        Assert.Null(_upload.HandleRequest(new BlockRequest(3, 0, 100)));
        Assert.Equal(["RejectRequest 3.0"], _fast.TakeSent());

        var plain = new PeerUpload(_plain.Connection, _plain.Handler, new Reader());
        Assert.Null(plain.HandleRequest(new BlockRequest(3, 0, 100)));
        Assert.Empty(_plain.TakeSent());
        Assert.Equal(0, plain.PayloadSent);
    }

    [Fact]
    public void A_piece_that_we_do_not_have_is_rejected()
    {
        _upload.SetChoking(false);
        _fast.Handler.Here = [1];
        Assert.Null(_upload.HandleRequest(new BlockRequest(2, 0, 100)));
        Assert.Equal(["Unchoke", "RejectRequest 2.0"], _fast.TakeSent());
    }

    [Fact]
    public void Pieces_are_suggested_to_an_unchoked_peer_that_lacks_them()
    {
        var has = new BlockAvailability { Pieces = new Bitfield(Pieces) };
        has.Pieces.Set(7);
        Assert.False(_upload.Suggest([3, 7], has));
        _upload.HandleInterest(true);
        Assert.False(_upload.Suggest([3, 7], has));
        _upload.SetChoking(false);
        Assert.Null(_upload.HandleRequest(new BlockRequest(4, 0, 100)));
        _fast.TakeSent();

        Assert.True(_upload.Suggest([3, 7, 4, 5], has));
        Assert.Equal(["SuggestPiece 3", "SuggestPiece 5"], _fast.TakeSent());
        Assert.False(_upload.Suggest([5, 3], has));
        Assert.Empty(_fast.TakeSent());
    }

    [Fact]
    public void A_peer_that_ignores_suggestions_gets_only_ten()
    {
        var has = new BlockAvailability { Pieces = new Bitfield(Pieces) };
        _upload.HandleInterest(true);
        _upload.SetChoking(false);
        _fast.TakeSent();
        _upload.Suggest([.. Enumerable.Range(0, Pieces)], has);
        Assert.Equal(PeerUpload.MostSuggested, _fast.TakeSent().Length);

        has.Pieces.Set(2);
        _upload.Suggest([.. Enumerable.Range(0, Pieces)], has);
        Assert.Equal(["SuggestPiece 10"], _fast.TakeSent());
    }

    [Fact]
    public void A_peer_without_the_fast_extension_is_suggested_nothing()
    {
        var plain = new PeerUpload(_plain.Connection, _plain.Handler, new Reader());
        plain.HandleInterest(true);
        plain.SetChoking(false);
        Assert.False(plain.Suggest([1], new BlockAvailability()));
    }

    [Fact]
    public void A_peer_from_which_pieces_are_concealed_may_request_those_revealed_to_it()
    {
        _upload.Conceal(Pieces);
        _upload.SetChoking(false);
        _upload.Reveal(3);
        _upload.Reveal(3);
        Assert.Equal(["HaveNone", "Unchoke", "Have 3"], _fast.TakeSent());
        Assert.Null(_upload.HandleRequest(new BlockRequest(2, 0, 100)));
        Assert.Null(_upload.HandleRequest(new BlockRequest(3, 0, 100)));
        Assert.Equal(["RejectRequest 2.0", "Piece 3"], _fast.TakeSent());

        var all = new Bitfield(Pieces);
        all.SetAll();
        Assert.True(_upload.RevealAll(all));
        Assert.Equal(Enumerable.Range(0, Pieces).Where(piece => piece != 3).Select(piece => $"Have {piece}"), _fast.TakeSent());
        Assert.Null(_upload.HandleRequest(new BlockRequest(2, 0, 100)));
        Assert.Equal(["Piece 2"], _fast.TakeSent());
        _upload.Reveal(5);
        Assert.True(_upload.RevealAll(all));
        Assert.Empty(_fast.TakeSent());
    }

    [Fact]
    public void A_peer_without_the_fast_extension_sees_no_pieces_while_pieces_are_concealed()
    {
        var plain = new PeerUpload(_plain.Connection, _plain.Handler, new Reader());
        plain.Conceal(Pieces);
        Assert.Empty(_plain.TakeSent());
        plain.Reveal(1);
        Assert.Equal(["Have 1"], _plain.TakeSent());
    }

    [Fact]
    public void Pieces_are_not_announced_if_they_are_too_many_for_single_messages()
    {
        const int many = 100_000;
        var all = new Bitfield(many);
        all.SetAll();
        _upload.Conceal(many);
        Assert.False(_upload.RevealAll(all));
        Assert.True(_upload.IsConcealing);
        Assert.Equal(["HaveNone"], _fast.TakeSent());
    }

    [Fact]
    public void The_swarm_is_told_once_about_a_piece_while_it_is_requested()
    {
        _upload.SetChoking(false);
        foreach (int piece in new[] { 3, 3, 4 })
            Assert.Null(_upload.HandleRequest(new BlockRequest(piece, 0, 100)));
        Assert.Equal(["asked 3", "asked 4"], _fast.Handler.Said);
    }

    [Fact]
    public void SetChoking_sends_changes_and_rejects_waiting_requests()
    {
        _upload.SetChoking(true);
        Assert.Empty(_fast.TakeSent());
        _upload.SetChoking(false);
        _upload.SetChoking(false);
        _fast.Connection.Sender.Uploads.TryAdd(new BlockRequest(1, 0, 100));
        _upload.SetChoking(true);
        Assert.Equal(["Unchoke", "Choke", "RejectRequest 1.0"], _fast.TakeSent());
        Assert.True(_upload.AmChoking);
    }

    [Fact]
    public void A_cancelled_request_that_still_waits_is_rejected()
    {
        _upload.SetChoking(false);
        _fast.TakeSent();
        _fast.Connection.Sender.Uploads.TryAdd(new BlockRequest(1, 0, 100));
        _upload.HandleCancel(new BlockRequest(1, 0, 100));
        _upload.HandleCancel(new BlockRequest(1, 0, 100));
        Assert.Equal(["RejectRequest 1.0"], _fast.TakeSent());
    }

    [Theory]
    [InlineData(-1, 0, 100)]
    [InlineData(Pieces, 0, 100)]
    [InlineData(0, -1, 100)]
    [InlineData(0, 0, 0)]
    [InlineData(0, 0, BlockRequest.BlockLength + 1)]
    [InlineData(0, 1, BlockRequest.BlockLength)]
    [InlineData(0, int.MaxValue, 100)]
    public void A_request_for_an_impossible_block_ends_the_connection(int piece, int begin, int length) =>
        Assert.Equal("It requests an invalid block.", _upload.HandleRequest(new BlockRequest(piece, begin, length)));

    [Fact]
    public void A_choked_peer_gets_its_allowed_fast_pieces_a_few_times_and_no_others()
    {
        var all = new Bitfield(Pieces);
        all.SetAll();
        _upload.AddFastGrants(default, all);
        int[] granted = [.. _fast.TakeSent().Select(message => int.Parse(message["AllowedFast ".Length..], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(5, granted.Distinct().Count());

        Assert.Null(_upload.HandleRequest(new BlockRequest(Enumerable.Range(0, Pieces).First(piece => !granted.Contains(piece)), 0, 100)));
        Assert.StartsWith("RejectRequest", Assert.Single(_fast.TakeSent()), StringComparison.Ordinal);
        for (int i = 0; i < 15; i++)
            Assert.Null(_upload.HandleRequest(new BlockRequest(granted[i % 5], 0, BlockRequest.BlockLength)));
        Assert.All(_fast.TakeSent(), message => Assert.StartsWith("Piece", message, StringComparison.Ordinal));
        Assert.Null(_upload.HandleRequest(new BlockRequest(granted[0], 0, BlockRequest.BlockLength)));
        Assert.StartsWith("RejectRequest", Assert.Single(_fast.TakeSent()), StringComparison.Ordinal);
    }

    [Fact]
    public void AddPieces_announces_our_pieces_in_the_shortest_supported_form()
    {
        var plain = new PeerUpload(_plain.Connection, _plain.Handler, new Reader());
        var pieces = new Bitfield(Pieces);
        _upload.AddPieces(pieces);
        plain.AddPieces(pieces);
        pieces.Set(15);
        _upload.AddPieces(pieces);
        plain.AddPieces(pieces);
        pieces.SetAll();
        _upload.AddPieces(pieces);
        plain.AddPieces(pieces);
        plain.AddFastGrants(default, pieces);
        Assert.Equal(["HaveNone", "Bitfield 0001", "HaveAll"], _fast.TakeSent());
        Assert.Equal(["Bitfield 0001", "Bitfield FFFF"], _plain.TakeSent());
    }

    [Fact]
    public void HandleInterest_reports_the_interest()
    {
        _upload.HandleInterest(true);
        Assert.True(_upload.IsInterested);
        _upload.HandleInterest(false);
        Assert.Equal(["interested", "not interested"], _fast.Handler.Said);
    }

    /// <summary>Blocks of zeros.</summary>
    private sealed class Reader : IBlockReader
    {
        public ValueTask ReadAsync(ReadOnlyMemory<BlockRequest> blocks, Memory<byte> messages)
        {
            foreach (BlockRequest block in blocks.Span)
            {
                MessageWriter.WritePieceHeader(messages.Span, block);
                messages = messages[(PeerMessage.PieceHeaderLength + block.Length)..];
            }

            return ValueTask.CompletedTask;
        }
    }
}
