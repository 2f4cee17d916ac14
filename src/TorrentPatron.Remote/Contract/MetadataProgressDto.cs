using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Contract;

/// <summary>Progress of fetching metadata on the wire, with its properties.</summary>
internal sealed class MetadataProgressDto
{
    public int PiecesReceived { get; set; }

    public int? PieceCount { get; set; }

    public int PeersAsked { get; set; }

    public DateTimeOffset Since { get; set; }

    public string? Missing { get; set; }

    [return: NotNullIfNotNull(nameof(progress))]
    public static MetadataProgressDto? Of(MetadataProgress? progress) => progress is null ? null : new MetadataProgressDto
    {
        PiecesReceived = progress.PiecesReceived,
        PieceCount = progress.PieceCount,
        PeersAsked = progress.PeersAsked,
        Since = progress.Since,
        Missing = progress.Missing,
    };

    public MetadataProgress ToProgress() => new()
    {
        PiecesReceived = PiecesReceived,
        PieceCount = PieceCount,
        PeersAsked = PeersAsked,
        Since = Since,
        Missing = Missing ?? "",
    };
}
