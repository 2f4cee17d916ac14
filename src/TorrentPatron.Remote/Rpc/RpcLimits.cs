namespace TorrentPatron.Remote.Rpc;

/// <summary>The wire's bounds; docs/rpc.md names them.</summary>
internal static class RpcLimits
{
    /// <summary>Longest line that a client sends to the service, bytes without the LF.</summary>
    public const int MaxLineToService = 1 << 20;

    /// <summary>Longest line that the service sends to a client, bytes without the LF.</summary>
    public const int MaxLineToClient = 16 << 20;

    /// <summary>Deepest nesting of a message.</summary>
    public const int MaxDepth = 32;

    /// <summary>Longest id, bytes of JSON; a string's quotation marks count.</summary>
    public const int MaxIdBytes = 128;

    /// <summary>Longest name of a method, bytes of JSON.</summary>
    public const int MaxMethodBytes = 128;

    /// <summary>Requests under way in one direction of a connection; with more of them it stops reading.</summary>
    public const int MaxRequests = 64;

    /// <summary>Requests under way that may take long (checks, moves), which are counted apart.</summary>
    public const int MaxLongRequests = 1_000;

    /// <summary>Messages that are not JSON-RPC, after which a connection ends.</summary>
    public const int MaxInvalidMessages = 16;
}
