namespace TorrentPatron.Engine.Client;

/// <summary>The protocol by which a peer is connected.</summary>
public enum PeerTransport
{
    /// <summary>TCP.</summary>
    Tcp,

    /// <summary>uTP (BEP 29), over UDP.</summary>
    Utp,
}
