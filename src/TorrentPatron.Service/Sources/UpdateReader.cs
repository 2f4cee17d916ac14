using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Sources;

/// <summary>Asks the update address of a torrent (BEP 39) for a newer one, within the bounds of a .torrent.</summary>
public sealed class UpdateReader
{
    private readonly HttpFetcher _http;

    /// <summary>Makes a reader.</summary>
    /// <param name="time">The clock; by default the system's.</param>
    /// <param name="network">The way to the address; by default any.</param>
    public UpdateReader(TimeProvider? time = null, INetwork? network = null) =>
        _http = new HttpFetcher(time ?? TimeProvider.System, network ?? new SocketNetwork());

    /// <summary>Asks for a newer torrent.</summary>
    /// <param name="torrent">The torrent, which has an <see cref="TorrentMetainfo.UpdateUrl"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// What is offered. No torrent: the same one, an empty answer, or the status 204, 304, 404 or 410; the BEP names none for this.
    /// </returns>
    /// <exception cref="ArgumentException">The torrent has no update address.</exception>
    /// <exception cref="TorrentException">
    /// <see cref="TorrentErrorId.SourceNotReadable"/>, or <see cref="TorrentErrorId.InvalidTorrent"/> where the answer is not a torrent.
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

    /// <summary>The address with the info hash in hexadecimal digits, as BEP 39 asks for it.</summary>
    internal static Uri AddressOf(Uri update, TorrentId torrent)
    {
        string address = update.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.Fragment, UriFormat.UriEscaped);
        return new Uri($"{address}{(update.Query.Length == 0 ? "?" : update.Query.Length == 1 ? "" : "&")}info_hash={torrent}");
    }
}
