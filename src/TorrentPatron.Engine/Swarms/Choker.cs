namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// Decides which peers to unchoke (BEP 3): while downloading, those that send most; while seeding, those that receive fastest;
/// and a random one, so that newcomers can show what they have. It handles only values, no connections.
/// </summary>
/// <remarks>
/// Preferred peers have additional slots: the local network and the internet do not compete. Preferred peers beyond those slots
/// are treated like all others, and come first among equals.
/// </remarks>
internal static class Choker
{
    /// <summary>Peers unchoked for their rates.</summary>
    public const int RegularSlots = 7;

    /// <summary>Peers unchoked at once: the regular ones and the optimistic one.</summary>
    public const int Slots = RegularSlots + 1;

    /// <summary>Additional slots for preferred peers.</summary>
    public const int PreferredSlots = 8;

    /// <summary>Time between two decisions.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>How many decisions an optimistic unchoke lasts.</summary>
    public const int OptimisticRounds = 3;

    /// <summary>Whether one more peer may be unchoked between two decisions.</summary>
    /// <param name="isPreferred">Whether it is preferred.</param>
    /// <param name="unchoked">The number of unchoked peers.</param>
    /// <param name="unchokedPreferred">The number of preferred ones among them.</param>
    public static bool HasSlot(bool isPreferred, int unchoked, int unchokedPreferred) =>
        (isPreferred && unchokedPreferred < PreferredSlots) || unchoked - Math.Min(unchokedPreferred, PreferredSlots) < Slots;

    /// <summary>Decides for all peers.</summary>
    /// <param name="peers">The connected peers.</param>
    /// <param name="isSeeding">Whether every wanted piece is verified.</param>
    /// <param name="round">
    /// Number of the decision, from 0. Every <see cref="OptimisticRounds"/> decisions the optimistic slot goes to a new random
    /// peer.
    /// </param>
    /// <param name="random">Source of randomness.</param>
    public static ChokeDecision Decide(IReadOnlyList<ChokeCandidate> peers, bool isSeeding, int round, Random random)
    {
        int[] interested = [.. Enumerable.Range(0, peers.Count).Where(i => peers[i].IsInterested)];
        int[] ranked = [.. interested
            .OrderByDescending(i => isSeeding ? peers[i].UploadRate : peers[i].DownloadRate)
            .ThenByDescending(i => peers[i].IsPreferred)
            .ThenBy(i => peers[i].IsChoked)];
        HashSet<int> unchoked = [.. ranked.Where(i => peers[i].IsPreferred).Take(PreferredSlots)];
        unchoked.UnionWith([.. ranked.Where(i => !unchoked.Contains(i)).Take(RegularSlots)]);

        int[] others = [.. interested.Where(i => !unchoked.Contains(i))];
        bool isDue = round % OptimisticRounds == 0;
        int? optimistic = isDue ? null : others.Where(i => peers[i].IsOptimistic).Cast<int?>().FirstOrDefault();
        if (optimistic is null && others.Length > 0)
            optimistic = others[random.Next(others.Length)];
        if (optimistic is { } lucky)
            unchoked.Add(lucky);
        return new ChokeDecision(unchoked, optimistic);
    }
}
