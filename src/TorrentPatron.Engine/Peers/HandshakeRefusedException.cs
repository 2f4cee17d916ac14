namespace TorrentPatron.Engine.Peers;

/// <summary>The other side closed the connection before it said anything of a torrent: it may want to be talked to in another way.</summary>
/// <param name="cause">How that was seen; null: the connection ended.</param>
/// <param name="hasAgreed">Whether it had begun to encrypt by then: it may know the torrent by another hash only.</param>
internal sealed class HandshakeRefusedException(Exception? cause = null, bool hasAgreed = false)
    : IOException(
        hasAgreed ? "The peer closed the connection during the encrypted handshake." : "The peer closed the connection before its handshake.", cause)
{
    /// <summary>Whether it had begun to encrypt by then, so that it is not the encryption that it refuses.</summary>
    public bool HasAgreed => hasAgreed;
}
