using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Sources;

/// <summary>Requests a newer torrent from a torrent's update address (BEP 39), with the size limit of .torrent files.</summary>
public sealed class UpdateReader
{
    private readonly HttpFetcher _http;

    /// <summary>Creates a reader.</summary>
    /// <param name="time">The clock; null means the system's.</param>
    /// <param name="network">The network for the request; null means the system's.</param>
    public UpdateReader(TimeProvider? time = null, INetwork? network = null) =>
        _http = new HttpFetcher(time ?? TimeProvider.System, network ?? new SocketNetwork());

    /// <summary>Requests the newer torrent.</summary>
    /// <param name="torrent">The torrent; it must have an <see cref="TorrentMetainfo.UpdateUrl"/>.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>
    /// The offer. It has no torrent if the server sends the same one, an empty answer, or the status 204, 304, 404 or 410; BEP 39 defines none.
    /// </returns>
    /// <exception cref="ArgumentException">The torrent has no update address.</exception>
    /// <exception cref="TorrentException">
    /// <see cref="TorrentErrorId.SourceNotReadable"/>, or <see cref="TorrentErrorId.InvalidTorrent"/> if the answer is not a torrent.
    /// </exception>
    public async Task<UpdateOffer> AskAsync(TorrentMetainfo torrent, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(torrent);
        Uri update = torrent.UpdateUrl ?? throw new ArgumentException("The torrent has no update address.", nameof(torrent));
        Uri address = AddressOf(update, torrent.TorrentId);
        var source = TorrentSource.FromAddress(address);
        (ReadOnlyMemory<byte> bytes, AddressReach reach) = await _http.GetAsync(source, address, cancellationToken, mayBeNothing: true).ConfigureAwait(false);
        if (bytes.IsEmpty)
            return new UpdateOffer();
        try
        {
            TorrentMetainfo offered = MetainfoReader.Read(bytes);
            return offered.TorrentId == torrent.TorrentId
                ? new UpdateOffer()
                : new UpdateOffer(offered, reach, SignatureVerifier.Verify(offered, torrent));
        }
        catch (MetainfoException fault)
        {
            throw new TorrentException(
                new TorrentError(
                    TorrentErrorId.InvalidTorrent, $"The update address gives no torrent. {fault.Message} (Source: {source})",
                    "Look for a newer .torrent where this one came from."),
                fault);
        }
    }

    /// <summary>The address with the info hash in hexadecimal digits, as required by BEP 39.</summary>
    internal static Uri AddressOf(Uri update, TorrentId torrent)
    {
        string address = update.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.Fragment, UriFormat.UriEscaped);
        return new Uri($"{address}{(update.Query.Length == 0 ? "?" : update.Query.Length == 1 ? "" : "&")}info_hash={torrent}");
    }
}
