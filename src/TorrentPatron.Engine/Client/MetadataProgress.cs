namespace TorrentPatron.Engine.Client;

/// <summary>How far a torrent that was started without its metadata has got with fetching it (BEP 9).</summary>
public sealed record MetadataProgress
{
    /// <summary>Pieces of the metadata, of 16 KiB, that are here.</summary>
    public int PiecesReceived { get; init; }

    /// <summary>Pieces of the metadata; null while no peer has told its size.</summary>
    public int? PieceCount { get; init; }

    /// <summary>Peers that were asked for it so far.</summary>
    public int PeersAsked { get; init; }

    /// <summary>Since when it is being fetched, UTC.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>What it waits for, in a sentence: addresses of peers, a connection, one that has the metadata.</summary>
    public string Missing { get; init; } = "";
}
