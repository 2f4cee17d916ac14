namespace TorrentPatron.Remote.Rpc;

/// <summary>The limits of the protocol; docs/rpc.md lists them.</summary>
internal static class RpcLimits
{
    /// <summary>Maximum length of a line from a client to the service, in bytes without the LF.</summary>
    public const int MaxLineToService = 1 << 20;

    /// <summary>Maximum length of a line from the service to a client, in bytes without the LF.</summary>
    public const int MaxLineToClient = 16 << 20;

    /// <summary>Maximum nesting of a message.</summary>
    public const int MaxDepth = 32;

    /// <summary>Maximum length of an id, in bytes of JSON including a string's quotation marks.</summary>
    public const int MaxIdBytes = 128;

    /// <summary>Maximum length of a method's name, in bytes of JSON.</summary>
    public const int MaxMethodBytes = 128;

    /// <summary>Maximum number of pending requests in one direction of a connection, which then stops reading.</summary>
    public const int MaxRequests = 64;

    /// <summary>Maximum number of pending requests that may take long (checks, moves), which are counted separately.</summary>
    public const int MaxLongRequests = 1_000;

    /// <summary>Number of invalid messages after which a connection ends.</summary>
    public const int MaxInvalidMessages = 16;
}
