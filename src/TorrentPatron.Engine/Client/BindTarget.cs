using System.Net;

namespace TorrentPatron.Engine.Client;

/// <summary>What all traffic is bound to: a network interface, an address, or both. Immutable.</summary>
/// <param name="Interface">The interface's name, such as <c>tun0</c>; null: whichever has the address.</param>
/// <param name="Address">The address; null: those of the interface, one of each IP version.</param>
public sealed record BindTarget(string? Interface, IPAddress? Address)
{
    /// <summary>Nothing: traffic leaves as the system routes it.</summary>
    public static BindTarget None { get; } = new(null, null);

    /// <summary>Whether traffic is not bound.</summary>
    public bool IsNone => Interface is null && Address is null;

    /// <summary>Makes the target of two settings.</summary>
    /// <param name="network">An interface's name, or an address in writing; null or empty: none.</param>
    /// <param name="address">An address; null: none. Beside an address in <paramref name="network"/> it is ignored.</param>
    public static BindTarget Of(string? network, IPAddress? address)
    {
        network = string.IsNullOrWhiteSpace(network) ? null : network.Trim();
        return IPAddress.TryParse(network, out IPAddress? written) ? new BindTarget(null, written) : new BindTarget(network, address);
    }
}
