using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Decides which peers leave when there is no room for others: those that have been useless for a while, and, while others are
/// refused, now and then the least useful one of the last minutes. Otherwise a crowd that connects, takes a block and then does
/// nothing would keep everyone else out for ever. Guarded by the lock of its <see cref="PeerSet"/>.
/// </summary>
internal sealed class PeerTurnover
{
    /// <summary>How long a peer may be useless, after it connected and after it was last useful.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>The same for a peer that was never useful, if neither side is interested in the other.</summary>
    public static readonly TimeSpan ShortPatience = TimeSpan.FromSeconds(10);

    /// <summary>Time between two evictions of peers that are of some use.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long an evicted host is refused while almost all slots are taken: otherwise it would be back before anyone else.
    /// </summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMinutes(10);

    /// <summary>The most hosts remembered.</summary>
    private const int Capacity = 1_000;

    /// <summary>When hosts were evicted; null until one was.</summary>
    private Dictionary<AddressBlock, Instant>? _left;
    private Instant _next;

    /// <summary>Whether so many slots are taken that idle peers have to leave.</summary>
    /// <param name="count">Connected peers.</param>
    /// <param name="most">Slots.</param>
    public static bool IsNearlyFull(int count, int most) => count >= most - most / 10;

    /// <summary>Chooses the peers to evict.</summary>
    /// <param name="peers">The connected peers.</param>
    /// <param name="most">Slots for peers.</param>
    /// <param name="isAnyTurnedAway">Whether others were refused since the last call.</param>
    /// <param name="isAnyWaiting">Whether others were refused, or could be dialled: otherwise nobody is evicted.</param>
    /// <param name="now">The time.</param>
    /// <returns>Indices into <paramref name="peers"/>.</returns>
    public IReadOnlyList<int> Choose(ReadOnlySpan<TurnoverCandidate> peers, int most, bool isAnyTurnedAway, bool isAnyWaiting, Instant now)
    {
        var leaving = new List<int>();
        if (!isAnyWaiting)
            return leaving;
        int worst = -1;
        int useless = 0, idle = 0;
        for (int i = 0; i < peers.Length; i++)
        {
            if (peers[i].IsTrusted)
                continue;
            if (peers[i].IsUseless)
            {
                if (peers[i].Age > ShortPatience && peers[i].Idle > ShortPatience && useless <= most / 10)
                {
                    leaving.Add(i);
                    useless++;
                }
            }
            else if (peers[i].Age <= Patience)
            {
                continue;
            }
            else if (peers[i].Idle > Patience)
            {
                if (idle <= most / 25)
                {
                    leaving.Add(i);
                    idle++;
                }
            }
            else if (!peers[i].IsPreferred && (worst < 0 || IsOfLessUse(peers[i], peers[worst])))
            {
                worst = i;
            }
        }

        if (leaving.Count > 0 || !isAnyTurnedAway || worst < 0 || now < _next)
            return leaving;
        _next = now + Interval;
        return [worst];
    }

    /// <summary>Records that a host was evicted.</summary>
    public void Left(AddressBlock host, Instant now)
    {
        _left ??= [];
        if (_left.Count >= Capacity)
        {
            foreach ((AddressBlock other, Instant since) in _left)
            {
                if (now - since >= Rest)
                    _left.Remove(other);
            }
        }

        if (_left.Count < Capacity)
            _left[host] = now;
    }

    /// <summary>Whether a host was evicted recently.</summary>
    public bool IsResting(AddressBlock host, Instant now) => _left is not null && _left.TryGetValue(host, out Instant since) && now - since < Rest;

    private static bool IsOfLessUse(TurnoverCandidate one, TurnoverCandidate other) =>
        one.Recent < other.Recent || (one.Recent == other.Recent && one.Idle > other.Idle);
}
