using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Client;

/// <summary>A port of ours that a router has mapped to one of its own, at one moment. Immutable.</summary>
public sealed record PortMappingSnapshot
{
    /// <summary>TCP or UDP.</summary>
    public required ProtocolType Protocol { get; init; }

    /// <summary>Our port.</summary>
    public required int InternalPort { get; init; }

    /// <summary>The router's port, which peers outside dial.</summary>
    public required int ExternalPort { get; init; }

    /// <summary>The router's outside address; null where it did not say.</summary>
    public IPAddress? ExternalAddress { get; init; }

    /// <summary>The router.</summary>
    public required IPAddress Gateway { get; init; }

    /// <summary>How the router was asked.</summary>
    public required PortMappingMeans Means { get; init; }

    /// <summary>When the mapping ends unless it is renewed, which happens at half of its time; null: when we end it.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The mapping in a line, as <c>TCP 6881 as 203.0.113.7:6881 by PCP</c>.</summary>
    public override string ToString()
    {
        string outside = ExternalAddress is null ? $"port {ExternalPort}" : new IPEndPoint(ExternalAddress, ExternalPort).ToString();
        string means = Means switch
        {
            PortMappingMeans.Pcp => "PCP",
            PortMappingMeans.NatPmp => "NAT-PMP",
            _ => "UPnP",
        };
        return $"{(Protocol == ProtocolType.Udp ? "UDP" : "TCP")} {InternalPort} as {outside} by {means}";
    }
}
