using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.Cli.Reports;

/// <summary>The newer version of a torrent, if any, for <c>patron update --json</c>.</summary>
/// <param name="Torrent">The torrent as given.</param>
/// <param name="Name">The name of the older torrent; null if it cannot be read.</param>
/// <param name="InfoHash">The info hash of the older torrent.</param>
/// <param name="UpdateUrl">The requested address; null if the torrent has none.</param>
/// <param name="IsAvailable">Whether a newer version is offered.</param>
/// <param name="NewName">The name of the newer torrent; null if none is offered.</param>
/// <param name="NewInfoHash">The info hash of the newer torrent.</param>
/// <param name="Signature">Whether the publisher of the older torrent has signed the newer one; null if none is offered.</param>
/// <param name="Path">Path of the newer .torrent file; null if it was not written.</param>
/// <param name="Error">Why the query or the writing failed; otherwise null.</param>
internal sealed record UpdateReport(
    string Torrent,
    string? Name,
    string? InfoHash,
    Uri? UpdateUrl,
    bool IsAvailable,
    string? NewName,
    string? NewInfoHash,
    TorrentSignature? Signature,
    string? Path,
    TorrentError? Error)
{
    /// <summary>Creates a report.</summary>
    /// <param name="given">The torrent as given.</param>
    /// <param name="torrent">The older torrent; null if it cannot be read.</param>
    /// <param name="offer">The answer of its update address; null if there is none.</param>
    /// <param name="path">Path of the newer .torrent file; null if it was not written.</param>
    public static UpdateReport Of(string given, TorrentMetainfo? torrent, UpdateOffer? offer, string? path) => new(
        given, torrent?.Name, torrent?.TorrentId.ToString(), torrent?.UpdateUrl, offer?.Torrent is not null, offer?.Torrent?.Name,
        offer?.Torrent?.TorrentId.ToString(), offer?.Torrent is null ? null : offer.Signature, path, Error: null);
}
