using TorrentPatron.Engine.Peers;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// Decides whom a torrent gives blocks to (BEP 3): while it downloads, to those that give it most; while it seeds, to those
/// that take fastest; and to one more by chance, so that newcomers can show what they have.
/// </summary>
internal static class Choker
{
    /// <summary>Peers unchoked for what they give or take.</summary>
    public const int RegularSlots = 7;

    /// <summary>Time between two decisions.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Time an optimistic unchoke lasts, in decisions.</summary>
    public const int OptimisticRounds = 3;

    /// <summary>Decides anew for all peers.</summary>
    /// <param name="peers">The connected peers.</param>
    /// <param name="isSeeding">Whether we are complete.</param>
    /// <param name="rotateOptimistic">Whether the one by chance is chosen anew.</param>
    /// <param name="random">The chance.</param>
    /// <returns>Those to be unchoked; all others are to be choked.</returns>
    public static IReadOnlySet<PeerTransfer> Choose(
        IReadOnlyCollection<PeerTransfer> peers, bool isSeeding, bool rotateOptimistic, Random random)
    {
        var candidates = peers.Where(p => p.IsInterested && !p.Peer.IsClosed).ToList();
        var chosen = new HashSet<PeerTransfer>(candidates
            .OrderByDescending(p => isSeeding ? p.Record.UploadRate : p.Record.DownloadRate)
            .ThenBy(p => p.AmChoking)
            .Take(RegularSlots));

        var others = candidates.Where(p => !chosen.Contains(p)).ToList();
        PeerTransfer? optimistic = rotateOptimistic ? null : others.Find(p => p.Record.IsOptimistic);
        if (optimistic is null && others.Count > 0)
            optimistic = others[random.Next(others.Count)];
        foreach (PeerTransfer peer in peers)
            peer.Record.IsOptimistic = peer == optimistic;
        if (optimistic is not null)
            chosen.Add(optimistic);
        return chosen;
    }
}
