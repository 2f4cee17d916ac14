namespace TorrentPatron.Protocol.Dht;

/// <summary>A question that cannot be answered: the method is not known here, or what belongs to it is missing or absurd.</summary>
public sealed record UnfitQuery : KrpcMessage
{
    /// <summary>The code of the error that is the answer.</summary>
    public required int ErrorCode { get; init; }

    /// <summary>The error in words.</summary>
    public required string Reason { get; init; }
}
