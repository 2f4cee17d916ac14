namespace TorrentPatron.Engine.Client;

/// <summary>The protocol used to ask a router for a port mapping.</summary>
public enum PortMappingMeans
{
    /// <summary>Port Control Protocol (RFC 6887).</summary>
    Pcp,

    /// <summary>NAT Port Mapping Protocol (RFC 6886).</summary>
    NatPmp,

    /// <summary>UPnP Internet Gateway Device, 1 or 2.</summary>
    Upnp,
}
