namespace TorrentPatron.Engine.Swarms;

/// <summary>A decision of the <see cref="Choker"/>.</summary>
/// <param name="Unchoked">Indexes of the peers to be unchoked, at most <see cref="Choker.Slots"/> and <see cref="Choker.PreferredSlots"/> of preferred ones; all others are to be choked.</param>
/// <param name="Optimistic">Index of the one that is unchoked by chance; null: nobody is.</param>
internal sealed record ChokeDecision(IReadOnlySet<int> Unchoked, int? Optimistic);
