using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// The exchange of pieces with one peer: what comes from it and what goes to it. <see cref="PeerConnection.Begin"/> begins it.
/// </summary>
/// <param name="download">What comes from it.</param>
/// <param name="upload">What goes to it.</param>
internal sealed class PeerTransfer(PeerDownload download, PeerUpload upload)
{
    /// <summary>The peer.</summary>
    public PeerConnection Peer => download.Peer;

    /// <summary>What comes from it.</summary>
    public PeerDownload Download => download;

    /// <summary>What goes to it.</summary>
    public PeerUpload Upload => upload;

    /// <summary>How fast it is; written by the torrent's beat alone.</summary>
    public PeerStanding Standing { get; } = new();

    /// <summary>Bytes of payload in both directions.</summary>
    public long Payload => download.PayloadReceived + upload.PayloadSent;

    /// <summary>Takes one message of those that are about pieces, but for a block. Called from the receive loop.</summary>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? Handle(in PeerMessage message)
    {
        switch (message.Id)
        {
            case MessageId.Choke or MessageId.Unchoke:
                download.HandleChoke(message.Id == MessageId.Choke);
                return null;
            case MessageId.Have:
                return download.HandleHave(message.Piece);
            case MessageId.Bitfield or MessageId.HaveAll or MessageId.HaveNone:
                return download.HandlePieces(message);
            case MessageId.RejectRequest when Peer.IsFast:
                return download.HandleReject(message.Range);
            case MessageId.AllowedFast when Peer.IsFast:
                download.HandleAllowedFast(message.Piece);
                return null;
            case MessageId.SuggestPiece when Peer.IsFast:
                download.HandleSuggestion(message.Piece);
                return null;
            case MessageId.Interested or MessageId.NotInterested:
                upload.HandleInterest(message.Id == MessageId.Interested);
                return null;
            case MessageId.Request:
                return upload.HandleRequest(message.Range);
            case MessageId.Cancel:
                upload.HandleCancel(message.Range);
                return null;
            default:
                Peer.FutileWork.Charge(FutileWork.Of(message.Body.Length));
                return null;
        }
    }
}
