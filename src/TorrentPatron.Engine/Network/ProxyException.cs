using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Network;

/// <summary>Thrown when a proxy does not relay a connection or a datagram.</summary>
public sealed class ProxyException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">The error, with the proxy's address and never its credentials.</param>
    /// <param name="isOfProxy">Whether the proxy itself is at fault, rather than the requested host.</param>
    /// <param name="inner">The cause.</param>
    internal ProxyException(TorrentError error, bool isOfProxy, Exception? inner = null)
        : base(error.Message, inner)
    {
        Error = error;
        IsOfProxy = isOfProxy;
    }

    /// <summary>The error and the remedy.</summary>
    public TorrentError Error { get; }

    /// <summary>Whether the proxy itself is at fault, rather than the requested host.</summary>
    public bool IsOfProxy { get; }
}
