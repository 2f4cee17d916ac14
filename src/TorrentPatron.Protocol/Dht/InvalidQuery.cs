namespace TorrentPatron.Protocol.Dht;

/// <summary>An invalid query: its method is unknown, or an argument is missing or invalid.</summary>
public sealed record InvalidQuery : KrpcMessage
{
    /// <summary>The error code of the answer.</summary>
    public required int ErrorCode { get; init; }

    /// <summary>The error in words.</summary>
    public required string Reason { get; init; }
}
