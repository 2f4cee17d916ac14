namespace TorrentPatron.Protocol.PortMapping;

/// <summary>A router's service that maps ports.</summary>
/// <param name="Type">Its type: one of <see cref="Types"/>.</param>
/// <param name="Control">Where it is asked: an http address at the host of the description.</param>
internal sealed record IgdService(string Type, Uri Control)
{
    /// <summary>The types that are known, the best first.</summary>
    public static IReadOnlyList<string> Types { get; } =
    [
        "urn:schemas-upnp-org:service:WANIPConnection:2", "urn:schemas-upnp-org:service:WANIPConnection:1",
        "urn:schemas-upnp-org:service:WANPPPConnection:1",
    ];

    /// <summary>The type of the service that makes holes in a router's firewall (IPv6).</summary>
    public const string Firewall = "urn:schemas-upnp-org:service:WANIPv6FirewallControl:1";

    /// <summary>Whether it chooses another outside port itself where the wanted one is taken (AddAnyPortMapping).</summary>
    public bool CanMapAny => Type == Types[0];
}
