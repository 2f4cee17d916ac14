using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Decides who leaves where there is no room for others: those that have been of no use for a while, and, as long as others are turned
/// away, now and then the one that was of least use in the last minutes. Else a crowd that connects, takes a block and then does nothing
/// would keep everybody else away for ever. Guarded by the lock of its <see cref="PeerSet"/>.
/// </summary>
internal sealed class PeerTurnover
{
    /// <summary>Time that a peer has to be of use, after it was connected and after it was of use last.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>The same for a peer that was never of use, and where neither side wants anything of the other.</summary>
    public static readonly TimeSpan ShortPatience = TimeSpan.FromSeconds(10);

    /// <summary>Time between two peers that leave though they are of some use.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>Time for which a host that had to leave is not taken again where there is hardly any room: else it would be back before anybody else.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMinutes(10);

    /// <summary>Hosts that are remembered.</summary>
    private const int Capacity = 1_000;

    /// <summary>When hosts had to leave; null until one has.</summary>
    private Dictionary<AddressBlock, Instant>? _left;
    private Instant _next;

    /// <summary>Whether so many places are taken that idle peers have to leave.</summary>
    /// <param name="count">Connected peers.</param>
    /// <param name="most">Places.</param>
    public static bool IsNearlyFull(int count, int most) => count >= most - most / 10;

    /// <summary>Who leaves now.</summary>
    /// <param name="peers">The connected peers.</param>
    /// <param name="most">Places for peers.</param>
    /// <param name="isAnyTurnedAway">Whether others were turned away since this was asked last.</param>
    /// <param name="isAnyWaiting">Whether others were turned away, or could be dialled: else nobody leaves.</param>
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

    /// <summary>A host had to leave.</summary>
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

    /// <summary>Whether a host had to leave not long ago.</summary>
    public bool IsResting(AddressBlock host, Instant now) => _left is not null && _left.TryGetValue(host, out Instant since) && now - since < Rest;

    private static bool IsOfLessUse(TurnoverCandidate one, TurnoverCandidate other) =>
        one.Recent < other.Recent || (one.Recent == other.Recent && one.Idle > other.Idle);
}
