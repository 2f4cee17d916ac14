using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Decides who leaves where there is no room for others: those that have been of no use for a while, and, as long as others are turned
/// away, now and then the one that was of least use in the last minutes. Else a crowd that connects, takes a block and then does nothing
/// would keep everybody else away for ever. Pure but for when the last one left.
/// </summary>
internal sealed class PeerTurnover
{
    /// <summary>Time that a peer has to be of use, after it was connected and after it was of use last.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Time between two peers that leave though they are of some use.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private Instant _next;

    /// <summary>Whether so many places are taken that idle peers have to leave.</summary>
    /// <param name="count">Connected peers.</param>
    /// <param name="most">Places.</param>
    public static bool IsNearlyFull(int count, int most) => count >= most - most / 10;

    /// <summary>Who leaves now.</summary>
    /// <param name="peers">The connected peers.</param>
    /// <param name="most">Places for peers.</param>
    /// <param name="isAnyTurnedAway">Whether others were turned away since this was asked last.</param>
    /// <param name="now">The time.</param>
    /// <returns>Indices into <paramref name="peers"/>.</returns>
    public IReadOnlyList<int> Choose(ReadOnlySpan<TurnoverCandidate> peers, int most, bool isAnyTurnedAway, Instant now)
    {
        var leaving = new List<int>();
        int worst = -1;
        for (int i = 0; i < peers.Length && leaving.Count <= most / 25; i++)
        {
            if (peers[i].Age <= Patience || peers[i].IsTrusted)
                continue;
            if (peers[i].Idle > Patience)
                leaving.Add(i);
            else if (worst < 0 || IsOfLessUse(peers[i], peers[worst]))
                worst = i;
        }

        if (leaving.Count > 0 || !isAnyTurnedAway || worst < 0 || now < _next)
            return leaving;
        _next = now + Interval;
        return [worst];
    }

    private static bool IsOfLessUse(TurnoverCandidate one, TurnoverCandidate other) =>
        one.Recent < other.Recent || (one.Recent == other.Recent && one.Idle > other.Idle);
}
