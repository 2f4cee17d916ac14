using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Network;

/// <summary>What sockets are bound to at one moment. Immutable.</summary>
internal sealed record BoundAddresses
{
    /// <summary>No bond: any address of either IP version.</summary>
    public static BoundAddresses Any { get; } = new() { IPv4 = IPAddress.Any, IPv6 = IPAddress.IPv6Any };

    /// <summary>Whether sockets are bound to what was asked for; false: to nothing.</summary>
    public bool IsBound { get; init; }

    /// <summary>The interface; null: any, or sockets are bound to a loopback address, which no packet leaves by another interface.</summary>
    public LocalInterface? Interface { get; init; }

    /// <summary>The IPv4 address; null: IPv4 is not used.</summary>
    public IPAddress? IPv4 { get; init; }

    /// <summary>The IPv6 address; null: IPv6 is not used.</summary>
    public IPAddress? IPv6 { get; init; }

    /// <summary>Why nothing may leave; null: it may.</summary>
    public TorrentError? Down { get; init; }

    /// <summary>The addresses in use.</summary>
    public ReadOnlyCollection<IPAddress> Addresses => new([.. new[] { IPv4, IPv6 }.OfType<IPAddress>()]);

    /// <summary>The address of an IP version; null: it is not used.</summary>
    public IPAddress? Of(AddressFamily family) => family == AddressFamily.InterNetwork ? IPv4 : family == AddressFamily.InterNetworkV6 ? IPv6 : null;

    /// <summary>Whether a socket of this address may stay open.</summary>
    public bool Has(IPAddress local) => local.Equals(Of(local.AddressFamily));

    /// <summary>Whether sockets of the one are as good as those of the other.</summary>
    public bool IsSame(BoundAddresses other) =>
        (IsBound, IPv4, IPv6, Down, Interface?.Name, Interface?.IPv4Index, Interface?.IPv6Index)
        .Equals((other.IsBound, other.IPv4, other.IPv6, other.Down, other.Interface?.Name, other.Interface?.IPv4Index, other.Interface?.IPv6Index));
}
