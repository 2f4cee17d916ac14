using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Our address as others see it, by IP version: what peers (BEP 10 <c>yourip</c>) and trackers (BEP 24 <c>external ip</c>) say. Anybody may lie,
/// so each network has one vote, and an address counts where several networks and more than half of those that spoke last agree. Bounded; thread-safe.
/// </summary>
internal sealed class OutsideAddress
{
    /// <summary>Networks that must say the same.</summary>
    public const int LeastVotes = 3;

    /// <summary>Networks whose vote is remembered, of each IP version; the oldest vote makes way.</summary>
    public const int MostVotes = 20;

    private readonly Lock _gate = new();
    private readonly OrderedDictionary<uint, IPAddress> _votes4 = [];
    private readonly OrderedDictionary<uint, IPAddress> _votes6 = [];
    private IPAddress? _address4;
    private IPAddress? _address6;

    /// <summary>Our address in an IP version; null while too few agree.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    public IPAddress? Of(AddressFamily family)
    {
        lock (_gate)
            return family == AddressFamily.InterNetworkV6 ? _address6 : _address4;
    }

    /// <summary>Takes a vote. What is not of the internet, and what is said over the other IP version, is passed over.</summary>
    /// <param name="source">Who says so; the last word of its network counts.</param>
    /// <param name="address">The address at which it sees us.</param>
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
            // While they disagree, what was known before is as good as anything.
            if (winner is null || winner.Equals(known))
                return false;
            known = winner;
            return true;
        }
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>A network as large as one that somebody has whole may well be: a /16 of IPv4, a /32 of IPv6.</summary>
    private static uint NetworkOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        uint network = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return length == 4 ? network >> 16 : network;
    }
}
