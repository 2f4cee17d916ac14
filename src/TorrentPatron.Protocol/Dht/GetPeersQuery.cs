namespace TorrentPatron.Protocol.Dht;

/// <summary>Asks for the peers of a torrent, and for the nodes nearest to it (BEP 5).</summary>
public sealed record GetPeersQuery : KrpcQuery
{
    /// <summary>The torrent.</summary>
    public required InfoHash InfoHash { get; init; }

    /// <summary>The kinds of nodes that are wanted (BEP 32).</summary>
    public NodeFamilies Want { get; init; }

    /// <summary>Whether seeds are of no use to who asks (BEP 33).</summary>
    public bool NoSeeds { get; init; }

    /// <summary>Whether the filters of all peers are wanted, to estimate how many there are (BEP 33).</summary>
    public bool WantsScrape { get; init; }
}
