namespace TorrentPatron.Protocol.Dht;

/// <summary>Tells a node that the sender is a peer of a torrent (BEP 5).</summary>
public sealed record AnnouncePeerQuery : KrpcQuery
{
    /// <summary>The torrent.</summary>
    public required InfoHash InfoHash { get; init; }

    /// <summary>The TCP port on which the peer listens; of no meaning where <see cref="IsPortImplied"/>.</summary>
    public required ushort Port { get; init; }

    /// <summary>Whether the peer listens on the port that the message came from.</summary>
    public bool IsPortImplied { get; init; }

    /// <summary>Whether the peer has everything (BEP 33).</summary>
    public bool IsSeed { get; init; }

    /// <summary>What the node gave in its last answer to a <see cref="GetPeersQuery"/>.</summary>
    public required ReadOnlyMemory<byte> Token { get; init; }
}
