namespace TorrentPatron.Engine.Client;

/// <summary>
/// Who named a peer's address: its kind, and which one of that kind. Each tracker, each peer that takes part in peer exchange and each
/// host of a node of the DHT is an origin of its own, and origins take turns: who names a thousand addresses keeps nobody from those of others.
/// </summary>
/// <param name="Source">The kind.</param>
/// <param name="Namer">Which one; null where there is one only. Compared by <see cref="object.Equals(object)"/>.</param>
internal readonly record struct PeerOrigin(PeerSource Source, object? Namer = null)
{
    /// <summary>The origin of a kind of which there is one.</summary>
    public static implicit operator PeerOrigin(PeerSource source) => new(source);
}
