namespace TorrentPatron.Remote.Rpc;

/// <summary>A request fails with a JSON-RPC error code.</summary>
/// <param name="code">One of <see cref="RpcErrorCode"/>.</param>
/// <param name="innerException">The cause; it is never sent.</param>
internal sealed class RpcException(int code, Exception? innerException = null) : Exception(RpcErrorCode.TextOf(code), innerException)
{
    /// <summary>The code.</summary>
    public int Code { get; } = code;
}

/// <summary>A request fails, and the connection ends after the answer.</summary>
/// <param name="error">The answer.</param>
/// <param name="closure">Why the connection ends.</param>
internal sealed class RpcRefusedException(RpcError error, RpcClosure closure) : Exception(closure.Error.Message)
{
    /// <summary>The answer.</summary>
    public RpcError Error { get; } = error;

    /// <summary>Why the connection ends.</summary>
    public RpcClosure Closure { get; } = closure;
}
