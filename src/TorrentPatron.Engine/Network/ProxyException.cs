using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Network;

/// <summary>A proxy does not carry a connection or a datagram.</summary>
public sealed class ProxyException : IOException
{
    /// <summary>Makes one.</summary>
    /// <param name="error">What happened, with the proxy's address and never its credential.</param>
    /// <param name="isOfProxy">Whether the proxy itself is at fault, and not the host that it was asked for.</param>
    /// <param name="inner">Why.</param>
    internal ProxyException(TorrentError error, bool isOfProxy, Exception? inner = null)
        : base(error.Message, inner)
    {
        Error = error;
        IsOfProxy = isOfProxy;
    }

    /// <summary>What happened, and what to do.</summary>
    public TorrentError Error { get; }

    /// <summary>Whether the proxy itself is at fault, and not the host that it was asked for.</summary>
    public bool IsOfProxy { get; }
}
