namespace TorrentPatron.Engine.Client;

/// <summary>
/// The origin of a peer's address: the kind of source and its identity. Each tracker, each peer in peer exchange and each DHT
/// node's host is a separate origin. Origins take turns, so one that names a thousand addresses does not crowd out the others.
/// </summary>
/// <param name="Source">The kind of source.</param>
/// <param name="Namer">
/// The source's identity; null if there is only one of its kind. Compared by <see cref="object.Equals(object)"/>.
/// </param>
internal readonly record struct PeerOrigin(PeerSource Source, object? Namer = null)
{
    /// <summary>The origin for a kind with only one source.</summary>
    public static implicit operator PeerOrigin(PeerSource source) => new(source);
}
