namespace TorrentPatron.Remote.Rpc;

/// <summary>The options of one side of a connection.</summary>
internal sealed record RpcOptions
{
    /// <summary>The options of the service.</summary>
    public static RpcOptions Service { get; } = new()
    {
        Partner = "client", MaxReceivedLine = RpcLimits.MaxLineToService, MaxSentLine = RpcLimits.MaxLineToClient,
    };

    /// <summary>The options of a client.</summary>
    public static RpcOptions Client { get; } = new()
    {
        Partner = "service", MaxReceivedLine = RpcLimits.MaxLineToClient, MaxSentLine = RpcLimits.MaxLineToService,
    };

    /// <summary>The name of the other side, in messages for people.</summary>
    public required string Partner { get; init; }

    /// <summary>Maximum length of a received line in bytes.</summary>
    public required int MaxReceivedLine { get; init; }

    /// <summary>Maximum length of a sent line in bytes.</summary>
    public required int MaxSentLine { get; init; }

    /// <summary>How long the other side may take to read a message before the connection is dropped.</summary>
    public TimeSpan FlushDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to try to tell the other side why the connection ends.</summary>
    public TimeSpan ClosingDeadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
