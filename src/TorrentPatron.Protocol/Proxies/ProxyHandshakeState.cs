namespace TorrentPatron.Protocol.Proxies;

/// <summary>How far a handshake with a proxy has come.</summary>
public enum ProxyHandshakeState
{
    /// <summary>It waits for more.</summary>
    Open,

    /// <summary>The proxy has done what it was asked for.</summary>
    Done,

    /// <summary>It has not: <see cref="ProxyHandshake.Failure"/>.</summary>
    Failed,
}
