using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Service.Routing;

/// <summary>Finds out what is in a torrent, with as little as possible left behind.</summary>
/// <param name="patron">Who wants to know.</param>
internal sealed class MetadataRequest(Patron patron)
{
    /// <summary>Does it.</summary>
    /// <exception cref="TorrentException">It cannot be found out.</exception>
    public async Task<TorrentMetainfo> RunAsync(StartRequest request, CancellationToken cancellationToken)
    {
        if (await patron.FindMetainfoAsync(request, cancellationToken).ConfigureAwait(false) is { } known)
            return known;

        TorrentAnswer answer = await patron
            .StartAsync(request with { MetadataOnly = true, Suspended = false }, cancellationToken).ConfigureAwait(false);
        if (answer is TorrentStartFail fail)
            throw new TorrentException(fail.Error);
        InfoHash torrent = answer.TorrentId;
        try
        {
            TorrentStatus? status = await patron.WaitAsync(torrent, status => status.Metadata is null, cancellationToken).ConfigureAwait(false);
            return patron.GetMetainfo(torrent)
                ?? throw new TorrentException(status?.Error ?? (patron.IsStopped ? ServiceErrors.Stopped : ServiceErrors.MetadataLost(torrent)));
        }
        finally
        {
            // Whoever runs it otherwise goes on with it.
            if (answer is NewTorrentCreated && patron.GetStatus(torrent) is { State: not (TorrentState.Downloading or TorrentState.Seeding) })
                await patron.ForgetAsync(torrent).ConfigureAwait(false);
        }
    }
}
