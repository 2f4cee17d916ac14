namespace TorrentPatron.Engine.Client;

/// <summary>Whether the engine asks the router to forward its port.</summary>
public enum PortMappingPolicy
{
    /// <summary>It does not.</summary>
    Off,

    /// <summary>It does, with PCP, NAT-PMP or UPnP; not with a bind address, and not if it does not listen.</summary>
    On,
}
