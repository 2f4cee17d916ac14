namespace TorrentPatron.Protocol.Dht;

/// <summary>Asks for the peers of a torrent, and for the nodes nearest to it (BEP 5).</summary>
public sealed record GetPeersQuery : KrpcQuery
{
    /// <summary>The torrent.</summary>
    public required InfoHash InfoHash { get; init; }

    /// <summary>The address families of the wanted nodes (BEP 32).</summary>
    public NodeFamilies Want { get; init; }

    /// <summary>Whether to exclude seeds (BEP 33).</summary>
    public bool NoSeeds { get; init; }

    /// <summary>Whether the filters of all peers are wanted, to estimate their number (BEP 33).</summary>
    public bool WantsScrape { get; init; }
}
