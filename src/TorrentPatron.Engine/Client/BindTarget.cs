using System.Net;

namespace TorrentPatron.Engine.Client;

/// <summary>The network interface, address, or both that all traffic is bound to. Immutable.</summary>
/// <param name="Interface">The interface's name, such as <c>tun0</c>; null means the interface that has the address.</param>
/// <param name="Address">The address; null means the interface's own, one for each IP version.</param>
public sealed record BindTarget(string? Interface, IPAddress? Address)
{
    /// <summary>No binding: the system chooses the route.</summary>
    public static BindTarget None { get; } = new(null, null);

    /// <summary>Whether traffic is not bound.</summary>
    public bool IsNone => Interface is null && Address is null;

    /// <summary>Creates the target from two settings.</summary>
    /// <param name="network">An interface name, or an address as text; null or empty means none.</param>
    /// <param name="address">An address; null means none. Ignored if <paramref name="network"/> is an address.</param>
    public static BindTarget Of(string? network, IPAddress? address)
    {
        network = string.IsNullOrWhiteSpace(network) ? null : network.Trim();
        return IPAddress.TryParse(network, out IPAddress? written) ? new BindTarget(null, written) : new BindTarget(network, address);
    }
}
