namespace TorrentPatron.Remote.Rpc;

/// <summary>The error codes of JSON-RPC, and two of the service's own.</summary>
internal static class RpcErrorCode
{
    /// <summary>The line is not JSON, or is nested too deeply.</summary>
    public const int ParseError = -32700;

    /// <summary>The JSON is not a request, or is not allowed now.</summary>
    public const int InvalidRequest = -32600;

    /// <summary>There is no method of that name.</summary>
    public const int MethodNotFound = -32601;

    /// <summary>The params are invalid for the method.</summary>
    public const int InvalidParams = -32602;

    /// <summary>An internal error of the side that answers.</summary>
    public const int InternalError = -32603;

    /// <summary>The request was understood and failed; the data contain the error.</summary>
    public const int Failed = -32000;

    /// <summary>The request was cancelled.</summary>
    public const int Cancelled = -32800;

    /// <summary>The fixed text of a code: texts of exceptions are never sent.</summary>
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
