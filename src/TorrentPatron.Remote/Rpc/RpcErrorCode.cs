namespace TorrentPatron.Remote.Rpc;

/// <summary>The codes of JSON-RPC's errors, and two of the service's own.</summary>
internal static class RpcErrorCode
{
    /// <summary>The line is not JSON, or is nested too deeply.</summary>
    public const int ParseError = -32700;

    /// <summary>The JSON is not a request, or may not be sent now.</summary>
    public const int InvalidRequest = -32600;

    /// <summary>No method of that name.</summary>
    public const int MethodNotFound = -32601;

    /// <summary>The params are not the method's.</summary>
    public const int InvalidParams = -32602;

    /// <summary>A fault of the side that answers.</summary>
    public const int InternalError = -32603;

    /// <summary>The request was understood and failed; the data say why.</summary>
    public const int Failed = -32000;

    /// <summary>The request was cancelled.</summary>
    public const int Cancelled = -32800;

    /// <summary>The fixed text of a code: what was thrown is never told.</summary>
    public static string TextOf(int code) => code switch
    {
        ParseError => "Parse error",
        InvalidRequest => "Invalid request",
        MethodNotFound => "Method not found",
        InvalidParams => "Invalid params",
        Cancelled => "Request cancelled",
        Failed => "Request failed",
        _ => "Internal error",
    };
}
