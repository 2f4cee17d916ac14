using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Network;

/// <summary>A snapshot of the interface and addresses that sockets are bound to. Immutable.</summary>
internal sealed record BoundAddresses
{
    /// <summary>No binding: any address of either IP version.</summary>
    public static BoundAddresses Any { get; } = new() { IPv4 = IPAddress.Any, IPv6 = IPAddress.IPv6Any };

    /// <summary>Whether sockets are bound as configured; false means no binding is configured.</summary>
    public bool IsBound { get; init; }

    /// <summary>
    /// The interface; null for any, or for a loopback address, whose packets cannot leave through another interface.
    /// </summary>
    public LocalInterface? Interface { get; init; }

    /// <summary>The IPv4 address; null if IPv4 is not used.</summary>
    public IPAddress? IPv4 { get; init; }

    /// <summary>The IPv6 address; null if IPv6 is not used.</summary>
    public IPAddress? IPv6 { get; init; }

    /// <summary>Why nothing may be sent; null if the binding is up.</summary>
    public TorrentError? Down { get; init; }

    /// <summary>The addresses in use.</summary>
    public ReadOnlyCollection<IPAddress> Addresses => new([.. new[] { IPv4, IPv6 }.OfType<IPAddress>()]);

    /// <summary>The address of an IP version; null if that version is not used.</summary>
    public IPAddress? Of(AddressFamily family) => family == AddressFamily.InterNetwork ? IPv4 : family == AddressFamily.InterNetworkV6 ? IPv6 : null;

    /// <summary>Whether a socket of this address may stay open.</summary>
    public bool Has(IPAddress local) => local.Equals(Of(local.AddressFamily));

    /// <summary>Whether sockets of one binding are still valid in the other.</summary>
    public bool IsSame(BoundAddresses other) =>
        (IsBound, IPv4, IPv6, Down, Interface?.Name, Interface?.IPv4Index, Interface?.IPv6Index)
        .Equals((other.IsBound, other.IPv4, other.IPv6, other.Down, other.Interface?.Name, other.Interface?.IPv4Index, other.Interface?.IPv6Index));
}
