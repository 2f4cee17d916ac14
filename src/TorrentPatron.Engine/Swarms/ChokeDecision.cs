namespace TorrentPatron.Engine.Swarms;

/// <summary>A decision of the <see cref="Choker"/>.</summary>
/// <param name="Unchoked">
/// Indexes of the peers to unchoke, at most <see cref="Choker.Slots"/>, plus <see cref="Choker.PreferredSlots"/> preferred ones;
/// all others are choked.
/// </param>
/// <param name="Optimistic">Index of the optimistically unchoked one; null if there is none.</param>
internal sealed record ChokeDecision(IReadOnlySet<int> Unchoked, int? Optimistic);
