namespace TorrentPatron.Protocol.Dht;

/// <summary>An answer that says why a question could not be answered (BEP 5).</summary>
public sealed record KrpcError : KrpcMessage
{
    /// <summary>Something else.</summary>
    public const int Generic = 201;

    /// <summary>The node cannot answer now.</summary>
    public const int Server = 202;

    /// <summary>The message is malformed, or an argument or the token is wrong.</summary>
    public const int Protocol = 203;

    /// <summary>The method is not known.</summary>
    public const int MethodUnknown = 204;

    /// <summary>What went wrong.</summary>
    public required int Code { get; init; }

    /// <summary>The same in words, safe to print, at most 100 characters.</summary>
    public required string Reason { get; init; }
}
