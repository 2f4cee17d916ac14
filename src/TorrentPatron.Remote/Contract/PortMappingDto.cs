using System.Net.Sockets;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Contract;

/// <summary>A port that a router has mapped on the wire, with its properties.</summary>
internal sealed class PortMappingDto
{
    public string? Protocol { get; set; }

    public int InternalPort { get; set; }

    public int ExternalPort { get; set; }

    public string? ExternalAddress { get; set; }

    public string? Gateway { get; set; }

    public string? Means { get; set; }

    public DateTimeOffset? ExpiresAt { get; set; }

    public static PortMappingDto Of(PortMappingSnapshot mapping) => new()
    {
        Protocol = mapping.Protocol.ToString(),
        InternalPort = mapping.InternalPort,
        ExternalPort = mapping.ExternalPort,
        ExternalAddress = Wire.OfAddress(mapping.ExternalAddress),
        Gateway = Wire.OfAddress(mapping.Gateway),
        Means = mapping.Means.ToString(),
        ExpiresAt = mapping.ExpiresAt,
    };

    public PortMappingSnapshot ToSnapshot() => new()
    {
        Protocol = Wire.ToEnum(Protocol, ProtocolType.Tcp),
        InternalPort = InternalPort,
        ExternalPort = ExternalPort,
        ExternalAddress = Wire.ToAddress(ExternalAddress),
        Gateway = Wire.ToAddress(Gateway ?? "")!,
        Means = Wire.ToEnum<PortMappingMeans>(Means),
        ExpiresAt = ExpiresAt,
    };
}
