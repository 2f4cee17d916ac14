using System.Net;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// Determines our own address from the reports of other nodes (BEP 42): a majority of many networks must agree. Not thread-safe.
/// </summary>
public sealed class AddressPoll
{
    /// <summary>Voters per round.</summary>
    public const int Voters = 20;

    /// <summary>Votes that an address needs in a round.</summary>
    private const int Majority = 12;

    /// <summary>
    /// The vote of each network. A network with many addresses has one vote; otherwise it could change our address, and id, at
    /// will.
    /// </summary>
    private readonly Dictionary<IPNetwork, IPAddress> _votes = [];

    /// <summary>The address chosen in the last round; null before any round had a majority.</summary>
    public IPAddress? Address { get; private set; }

    /// <summary>Adds a vote. Addresses that are not public are ignored.</summary>
    /// <param name="voter">The reporter; the latest vote from its network counts.</param>
    /// <param name="address">Our address as it sees it.</param>
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
