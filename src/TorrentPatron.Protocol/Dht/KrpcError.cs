namespace TorrentPatron.Protocol.Dht;

/// <summary>An error in answer to a query (BEP 5).</summary>
public sealed record KrpcError : KrpcMessage
{
    /// <summary>Any other error.</summary>
    public const int Generic = 201;

    /// <summary>The node cannot answer now.</summary>
    public const int Server = 202;

    /// <summary>The message, an argument or the token is invalid.</summary>
    public const int Protocol = 203;

    /// <summary>The method is unknown.</summary>
    public const int MethodUnknown = 204;

    /// <summary>The error code.</summary>
    public required int Code { get; init; }

    /// <summary>The error in words, safe to print, at most 100 characters.</summary>
    public required string Reason { get; init; }
}
