namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// Decides whom a torrent gives blocks to (BEP 3): while it downloads, to those that give it most; while it seeds, to those
/// that take fastest; and to one more by chance, so that newcomers can show what they have. It knows no peers, only values.
/// </summary>
/// <remarks>
/// Preferred peers have slots of their own besides: what goes to the local network takes nothing from those on the internet, and they take nothing
/// from it. Preferred peers beyond those slots are treated as all others are, and among equals come first.
/// </remarks>
internal static class Choker
{
    /// <summary>Peers unchoked for what they give or take.</summary>
    public const int RegularSlots = 7;

    /// <summary>Peers unchoked at once: the regular ones and the optimistic one.</summary>
    public const int Slots = RegularSlots + 1;

    /// <summary>Preferred peers unchoked besides.</summary>
    public const int PreferredSlots = 8;

    /// <summary>Time between two decisions.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Time an optimistic unchoke lasts, in decisions.</summary>
    public const int OptimisticRounds = 3;

    /// <summary>Whether one more peer may be unchoked between two decisions.</summary>
    /// <param name="isPreferred">Whether it is preferred.</param>
    /// <param name="unchoked">Peers that are unchoked.</param>
    /// <param name="unchokedPreferred">Those of them that are preferred.</param>
    public static bool HasSlot(bool isPreferred, int unchoked, int unchokedPreferred) =>
        (isPreferred && unchokedPreferred < PreferredSlots) || unchoked - Math.Min(unchokedPreferred, PreferredSlots) < Slots;

    /// <summary>Decides anew for all peers.</summary>
    /// <param name="peers">The connected peers.</param>
    /// <param name="isSeeding">Whether we have all we want.</param>
    /// <param name="round">
    /// Number of the decision, from 0. In every one of <see cref="OptimisticRounds"/> the optimistic slot is given anew, by chance.
    /// </param>
    /// <param name="random">The chance.</param>
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
