using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Client;

/// <summary>A snapshot of a port mapping on a router. Immutable.</summary>
public sealed record PortMappingSnapshot
{
    /// <summary>TCP or UDP.</summary>
    public required ProtocolType Protocol { get; init; }

    /// <summary>Our port.</summary>
    public required int InternalPort { get; init; }

    /// <summary>The router's port, which peers on the internet dial.</summary>
    public required int ExternalPort { get; init; }

    /// <summary>The router's external address; null if it reported none.</summary>
    public IPAddress? ExternalAddress { get; init; }

    /// <summary>The router.</summary>
    public required IPAddress Gateway { get; init; }

    /// <summary>The protocol used.</summary>
    public required PortMappingMeans Means { get; init; }

    /// <summary>
    /// When the mapping expires unless renewed, which happens at half its lifetime; null if it lasts until we remove it.
    /// </summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The mapping on one line, such as <c>TCP 6881 as 203.0.113.7:6881 by PCP</c>.</summary>
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
