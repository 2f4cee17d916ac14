namespace TorrentPatron.Remote.Rpc;

/// <summary>A request fails with one of the codes of JSON-RPC.</summary>
/// <param name="code">One of <see cref="RpcErrorCode"/>.</param>
/// <param name="innerException">What led to it; it is told to nobody.</param>
internal sealed class RpcException(int code, Exception? innerException = null) : Exception(RpcErrorCode.TextOf(code), innerException)
{
    /// <summary>The code.</summary>
    public int Code { get; } = code;
}
