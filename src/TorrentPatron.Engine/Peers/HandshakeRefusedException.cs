namespace TorrentPatron.Engine.Peers;

/// <summary>The other side closed the connection before it said anything: it may want to be talked to in another way.</summary>
internal sealed class HandshakeRefusedException(Exception? cause = null)
    : IOException("The peer closed the connection before it shook hands.", cause);
