namespace TorrentPatron.Protocol.PortMapping;

/// <summary>A router's service that maps ports.</summary>
/// <param name="Type">Its type: one of <see cref="Types"/>.</param>
/// <param name="Control">Its control address: an http address at the host of the description.</param>
internal sealed record IgdService(string Type, Uri Control)
{
    /// <summary>The known types, best first.</summary>
    public static IReadOnlyList<string> Types { get; } =
    [
        "urn:schemas-upnp-org:service:WANIPConnection:2", "urn:schemas-upnp-org:service:WANIPConnection:1",
        "urn:schemas-upnp-org:service:WANPPPConnection:1",
    ];

    /// <summary>The type of the service for firewall pinholes (IPv6).</summary>
    public const string Firewall = "urn:schemas-upnp-org:service:WANIPv6FirewallControl:1";

    /// <summary>Whether it can choose another external port if the wanted one is taken (AddAnyPortMapping).</summary>
    public bool CanMapAny => Type == Types[0];
}
