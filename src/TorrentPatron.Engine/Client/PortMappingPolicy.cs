namespace TorrentPatron.Engine.Client;

/// <summary>Whether the engine asks the router to let peers in.</summary>
public enum PortMappingPolicy
{
    /// <summary>The router is not asked.</summary>
    Off,

    /// <summary>The router is asked by PCP, NAT-PMP or UPnP; not with a bind address, and not where nothing is listened on.</summary>
    On,
}
