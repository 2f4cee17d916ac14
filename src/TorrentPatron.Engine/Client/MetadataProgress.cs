namespace TorrentPatron.Engine.Client;

/// <summary>The progress of a metadata download (BEP 9).</summary>
public sealed record MetadataProgress
{
    /// <summary>The 16 KiB metadata pieces received so far.</summary>
    public int PiecesReceived { get; init; }

    /// <summary>The number of metadata pieces; null until a peer has reported the size.</summary>
    public int? PieceCount { get; init; }

    /// <summary>The number of peers asked so far.</summary>
    public int PeersAsked { get; init; }

    /// <summary>When the download began, UTC.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>
    /// What the download is waiting for, as a sentence: peer addresses, a connection, or a peer that has the metadata.
    /// </summary>
    public string Missing { get; init; } = "";
}
