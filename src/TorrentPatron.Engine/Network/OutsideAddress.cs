using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Our address as others report it, by IP version: peers (BEP 10 <c>yourip</c>) and trackers (BEP 24 <c>external ip</c>). Reports
/// may be false, so each network has one vote, and an address counts if several networks and more than half of the latest votes
/// agree. Bounded; thread-safe.
/// </summary>
internal sealed class OutsideAddress
{
    /// <summary>The number of networks that must agree.</summary>
    public const int LeastVotes = 3;

    /// <summary>The most votes remembered for each IP version; the oldest is dropped.</summary>
    public const int MostVotes = 20;

    private readonly Lock _gate = new();
    private readonly OrderedDictionary<uint, IPAddress> _votes4 = [];
    private readonly OrderedDictionary<uint, IPAddress> _votes6 = [];
    private IPAddress? _address4;
    private IPAddress? _address6;

    /// <summary>Our address for an IP version; null while too few agree.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    public IPAddress? Of(AddressFamily family)
    {
        lock (_gate)
            return family == AddressFamily.InterNetworkV6 ? _address6 : _address4;
    }

    /// <summary>Adds a vote. Addresses that are not public, or of the other IP version, are ignored.</summary>
    /// <param name="source">The address of the reporter; the latest vote from its network counts.</param>
    /// <param name="address">Our address as it sees it.</param>
    /// <returns>Whether <see cref="Of"/> has changed.</returns>
    public bool Vote(IPAddress source, IPAddress address)
    {
        source = Plain(source);
        address = Plain(address);
        if (source.AddressFamily != address.AddressFamily || AddressReaches.Of(source) != AddressReach.Global
            || AddressReaches.Of(address) != AddressReach.Global || !AddressReaches.IsOfHost(address))
            return false;

        bool isIPv6 = source.AddressFamily == AddressFamily.InterNetworkV6;
        uint network = NetworkOf(source);
        lock (_gate)
        {
            OrderedDictionary<uint, IPAddress> votes = isIPv6 ? _votes6 : _votes4;
            votes.Remove(network);
            if (votes.Count >= MostVotes)
                votes.RemoveAt(0);
            votes.Add(network, address);
            KeyValuePair<IPAddress, int> most = votes.Values.CountBy(said => said).MaxBy(pair => pair.Value);
            IPAddress? winner = most.Value >= LeastVotes && most.Value * 2 > votes.Count ? most.Key : null;
            ref IPAddress? known = ref isIPv6 ? ref _address6 : ref _address4;
            // While they disagree, the known address is as good as any.
            if (winner is null || winner.Equals(known))
                return false;
            known = winner;
            return true;
        }
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>The network of an address, as large as one owner may control: a /16 of IPv4, a /32 of IPv6.</summary>
    private static uint NetworkOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        uint network = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return length == 4 ? network >> 16 : network;
    }
}
