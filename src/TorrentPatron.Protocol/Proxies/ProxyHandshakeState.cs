namespace TorrentPatron.Protocol.Proxies;

/// <summary>The state of a handshake with a proxy.</summary>
public enum ProxyHandshakeState
{
    /// <summary>More bytes are expected.</summary>
    Open,

    /// <summary>The proxy has carried out the request.</summary>
    Done,

    /// <summary>It failed; see <see cref="ProxyHandshake.Failure"/>.</summary>
    Failed,
}
