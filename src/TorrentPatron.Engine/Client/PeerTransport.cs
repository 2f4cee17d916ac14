namespace TorrentPatron.Engine.Client;

/// <summary>The transport protocol of a connection to a peer.</summary>
public enum PeerTransport
{
    /// <summary>TCP.</summary>
    Tcp,

    /// <summary>uTP (BEP 29), over UDP.</summary>
    Utp,
}
