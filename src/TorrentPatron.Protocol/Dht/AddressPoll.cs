using System.Net;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// Finds out our own address from what others say (BEP 42): no one's word counts, but that of most of many networks. Not thread-safe.
/// </summary>
public sealed class AddressPoll
{
    /// <summary>Voters of one round.</summary>
    public const int Voters = 20;

    /// <summary>Votes of a round that an address needs.</summary>
    private const int Majority = 12;

    /// <summary>What each network says. One that has many addresses has one vote, or it could give us another address, and id, whenever it likes.</summary>
    private readonly Dictionary<IPNetwork, IPAddress> _votes = [];

    /// <summary>The address that the last round was for; null before one had a majority.</summary>
    public IPAddress? Address { get; private set; }

    /// <summary>Takes a vote. Addresses that nobody on the internet can see are passed over.</summary>
    /// <param name="voter">Who says so; the last word of its network counts.</param>
    /// <param name="address">The address at which it sees us.</param>
    /// <returns>Whether <see cref="Address"/> has changed.</returns>
    public bool Vote(IPAddress voter, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(voter);
        ArgumentNullException.ThrowIfNull(address);
        if (AddressReaches.Of(voter) != AddressReach.Global || AddressReaches.Of(address) != AddressReach.Global)
            return false;

        _votes[RoutingTable.NetworkOf(voter)] = address;
        if (_votes.Count < Voters)
            return false;
        IPAddress? winner = _votes.Values.GroupBy(said => said).Where(group => group.Count() >= Majority).Select(group => group.Key).FirstOrDefault();
        _votes.Clear();
        bool hasChanged = winner is not null && !winner.Equals(Address);
        if (hasChanged)
            Address = winner;
        return hasChanged;
    }
}
