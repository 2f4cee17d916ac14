using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>The exchange of pieces with one peer, in both directions. <see cref="PeerConnection.Begin"/> starts it.</summary>
/// <param name="download">The download from it.</param>
/// <param name="upload">The upload to it.</param>
internal sealed class PeerTransfer(PeerDownload download, PeerUpload upload)
{
    /// <summary>The peer.</summary>
    public PeerConnection Peer => download.Peer;

    /// <summary>The download from it.</summary>
    public PeerDownload Download => download;

    /// <summary>The upload to it.</summary>
    public PeerUpload Upload => upload;

    /// <summary>Its rates; written only in the torrent's beat.</summary>
    public PeerStanding Standing { get; } = new();

    /// <summary>Bytes of payload in both directions.</summary>
    public long Payload => download.PayloadReceived + upload.PayloadSent;

    /// <summary>Handles one message about pieces, except for blocks. Called from the receive loop.</summary>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
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
