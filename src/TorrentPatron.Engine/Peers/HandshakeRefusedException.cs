namespace TorrentPatron.Engine.Peers;

/// <summary>Thrown when the other side closes the connection before its handshake: it may accept a different form.</summary>
/// <param name="cause">The network error; null if the connection ended in order.</param>
/// <param name="hasAgreed">Whether encryption had begun: the other side may know the torrent only by another hash.</param>
internal sealed class HandshakeRefusedException(Exception? cause = null, bool hasAgreed = false)
    : IOException(
        hasAgreed ? "The peer closed the connection during the encrypted handshake." : "The peer closed the connection before its handshake.", cause)
{
    /// <summary>Whether encryption had begun, so that encryption is not what it refuses.</summary>
    public bool HasAgreed => hasAgreed;
}
