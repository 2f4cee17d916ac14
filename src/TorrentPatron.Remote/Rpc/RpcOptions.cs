namespace TorrentPatron.Remote.Rpc;

/// <summary>How one side of a connection behaves.</summary>
internal sealed record RpcOptions
{
    /// <summary>For the service.</summary>
    public static RpcOptions Service { get; } = new()
    {
        Partner = "client", MaxReceivedLine = RpcLimits.MaxLineToService, MaxSentLine = RpcLimits.MaxLineToClient,
    };

    /// <summary>For a client of the service.</summary>
    public static RpcOptions Client { get; } = new()
    {
        Partner = "service", MaxReceivedLine = RpcLimits.MaxLineToClient, MaxSentLine = RpcLimits.MaxLineToService,
    };

    /// <summary>What people call the other side.</summary>
    public required string Partner { get; init; }

    /// <summary>Longest line that is taken, bytes.</summary>
    public required int MaxReceivedLine { get; init; }

    /// <summary>Longest line that is sent, bytes.</summary>
    public required int MaxSentLine { get; init; }

    /// <summary>Within this time the other side must take a message; then the connection is cut.</summary>
    public TimeSpan FlushDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest time for telling the other side why the connection ends.</summary>
    public TimeSpan ClosingDeadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
