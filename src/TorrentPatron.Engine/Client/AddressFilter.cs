using System.Collections.ObjectModel;
using System.Net;
using TorrentPatron.Protocol.Filters;

namespace TorrentPatron.Engine.Client;

/// <summary>
/// Which addresses may be talked to: none that is blocked and, where only some are allowed, none but those. It holds for peers, in and out, for
/// the DHT, trackers and downloads of .torrents. Immutable.
/// </summary>
/// <param name="blocked">The addresses that are blocked; null: none.</param>
/// <param name="allowed">The addresses that are allowed; null: all.</param>
public sealed class AddressFilter(AddressRanges? blocked, AddressRanges? allowed)
{
    /// <summary>Number of blocked ranges.</summary>
    public int BlockedRanges => blocked?.Count ?? 0;

    /// <summary>Number of allowed ranges; null: all addresses are allowed.</summary>
    public int? AllowedRanges => allowed?.Count;

    /// <summary>Whether some addresses only are allowed: then what cannot be judged, a name that a proxy looks up, is not.</summary>
    public bool IsAllowList => allowed is not null;

    /// <summary>The files that the blocked addresses are from.</summary>
    public ReadOnlyCollection<string> Files { get; init; } = [];

    /// <summary>What was wrong in the files; null: nothing.</summary>
    public TorrentError? Warning { get; init; }

    /// <summary>The addresses that are blocked; null: none.</summary>
    public AddressRanges? Blocked => blocked;

    /// <summary>The addresses that are allowed; null: all.</summary>
    public AddressRanges? Allowed => allowed;

    /// <summary>The filter with parts of another one in place of its own.</summary>
    /// <param name="before">The filter; null: there is none.</param>
    /// <param name="given">The other one; null: all is allowed.</param>
    /// <param name="isBlockedGiven">Whether what is blocked is that of the other one.</param>
    /// <param name="isAllowedGiven">Whether what is allowed is that of the other one.</param>
    /// <returns>The filter; null: all is allowed.</returns>
    public static AddressFilter? Over(AddressFilter? before, AddressFilter? given, bool isBlockedGiven, bool isAllowedGiven)
    {
        AddressFilter? ofBlocked = isBlockedGiven ? given : before, ofAllowed = isAllowedGiven ? given : before;
        return ofBlocked?.Blocked is null && ofAllowed?.Allowed is null ? null : new AddressFilter(ofBlocked?.Blocked, ofAllowed?.Allowed)
        {
            Files = ofBlocked?.Files ?? [],
            Warning = ofBlocked?.Warning,
        };
    }

    /// <summary>Whether an address may be talked to.</summary>
    public bool Allows(IPAddress address) => (allowed is null || allowed.Contains(address)) && blocked?.Contains(address) != true;
}
