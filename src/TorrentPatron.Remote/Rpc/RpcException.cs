namespace TorrentPatron.Remote.Rpc;

/// <summary>A request fails with one of the codes of JSON-RPC.</summary>
/// <param name="code">One of <see cref="RpcErrorCode"/>.</param>
/// <param name="innerException">What led to it; it is told to nobody.</param>
internal sealed class RpcException(int code, Exception? innerException = null) : Exception(RpcErrorCode.TextOf(code), innerException)
{
    /// <summary>The code.</summary>
    public int Code { get; } = code;
}

/// <summary>A request fails, and the connection ends after that has been answered.</summary>
/// <param name="error">The answer.</param>
/// <param name="closure">Why the connection ends.</param>
internal sealed class RpcRefusedException(RpcError error, RpcClosure closure) : Exception(closure.Error.Message)
{
    /// <summary>The answer.</summary>
    public RpcError Error { get; } = error;

    /// <summary>Why the connection ends.</summary>
    public RpcClosure Closure { get; } = closure;
}
