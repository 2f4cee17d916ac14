namespace TorrentPatron.Engine.Peers.Extensions;

/// <summary>The torrent as seen by <see cref="UploadOnly"/>.</summary>
internal interface IUploadOnlyOwner
{
    /// <summary>Whether we want no more pieces.</summary>
    bool IsUploadOnly { get; }

    /// <summary>A peer has declared itself upload-only, or has taken that back.</summary>
    void UploadOnlyChanged(PeerConnection peer);
}
