namespace TorrentPatron.Engine.Peers.Extensions;

/// <summary>What <see cref="UploadOnly"/> asks and tells of its torrent.</summary>
internal interface IUploadOnlyOwner
{
    /// <summary>Whether we want nothing more.</summary>
    bool IsUploadOnly { get; }

    /// <summary>A peer has said that it wants nothing more, or has taken that back.</summary>
    void UploadOnlyChanged(PeerConnection peer);
}
