namespace TorrentPatron.Protocol.Dht;

/// <summary>Tells a node that the sender is a peer of a torrent (BEP 5).</summary>
public sealed record AnnouncePeerQuery : KrpcQuery
{
    /// <summary>The torrent.</summary>
    public required InfoHash InfoHash { get; init; }

    /// <summary>The TCP port that the peer listens on; ignored if <see cref="IsPortImplied"/>.</summary>
    public required ushort Port { get; init; }

    /// <summary>Whether the peer listens on the source port of the message.</summary>
    public bool IsPortImplied { get; init; }

    /// <summary>Whether the peer has every piece (BEP 33).</summary>
    public bool IsSeed { get; init; }

    /// <summary>The token from the node's last answer to a <see cref="GetPeersQuery"/>.</summary>
    public required ReadOnlyMemory<byte> Token { get; init; }
}
