using System.Collections.ObjectModel;
using System.Net;
using TorrentPatron.Protocol.Filters;

namespace TorrentPatron.Engine.Client;

/// <summary>
/// The addresses the engine may talk to, as a block list and an optional allow list. Applies to peers in both directions, the
/// DHT, trackers and .torrent downloads. Immutable.
/// </summary>
/// <param name="blocked">The addresses that are blocked; null means none.</param>
/// <param name="allowed">The addresses that are allowed; null means all.</param>
public sealed class AddressFilter(AddressRanges? blocked, AddressRanges? allowed)
{
    /// <summary>Number of blocked ranges.</summary>
    public int BlockedRanges => blocked?.Count ?? 0;

    /// <summary>Number of allowed ranges; null: all addresses are allowed.</summary>
    public int? AllowedRanges => allowed?.Count;

    /// <summary>
    /// Whether there is an allow list. Names that a proxy resolves cannot be checked against it and are refused.
    /// </summary>
    public bool IsAllowList => allowed is not null;

    /// <summary>The files that the blocked addresses came from.</summary>
    public ReadOnlyCollection<string> Files { get; init; } = [];

    /// <summary>What was wrong in the files; null if there is nothing.</summary>
    public TorrentError? Warning { get; init; }

    /// <summary>The addresses that are blocked; null means none.</summary>
    public AddressRanges? Blocked => blocked;

    /// <summary>The addresses that are allowed; null means all.</summary>
    public AddressRanges? Allowed => allowed;

    /// <summary>Combines a filter with the parts given by another one.</summary>
    /// <param name="before">The filter; null if there is none.</param>
    /// <param name="given">The other filter; null allows all addresses.</param>
    /// <param name="isBlockedGiven">Whether the block list is taken from <paramref name="given"/>.</param>
    /// <param name="isAllowedGiven">Whether the allow list is taken from <paramref name="given"/>.</param>
    /// <returns>The combined filter; null if it allows all addresses.</returns>
    public static AddressFilter? Over(AddressFilter? before, AddressFilter? given, bool isBlockedGiven, bool isAllowedGiven)
    {
        AddressFilter? ofBlocked = isBlockedGiven ? given : before, ofAllowed = isAllowedGiven ? given : before;
        return ofBlocked?.Blocked is null && ofAllowed?.Allowed is null ? null : new AddressFilter(ofBlocked?.Blocked, ofAllowed?.Allowed)
        {
            Files = ofBlocked?.Files ?? [],
            Warning = ofBlocked?.Warning,
        };
    }

    /// <summary>Whether the filter allows an address.</summary>
    public bool Allows(IPAddress address) => (allowed is null || allowed.Contains(address)) && blocked?.Contains(address) != true;
}
