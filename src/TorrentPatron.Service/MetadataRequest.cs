using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Routing;

namespace TorrentPatron.Service;

/// <summary>Finds out what is in a torrent, with as little as possible left behind.</summary>
/// <param name="patron">Who wants to know.</param>
/// <param name="runner">Carries out what leads there.</param>
/// <param name="time">The clock.</param>
internal sealed class MetadataRequest(Patron patron, RequestRunner runner, TimeProvider time)
{
    /// <summary>Does it.</summary>
    /// <exception cref="TorrentException">It cannot be found out.</exception>
    public async Task<TorrentMetainfo> RunAsync(StartRequest request, CancellationToken cancellationToken)
    {
        (TorrentMetainfo? known, request) = await runner.FindMetainfoAsync(request, cancellationToken).ConfigureAwait(false);
        if (known is not null)
            return known;

        TorrentAnswer answer = await patron
            .StartAsync(request with { MetadataOnly = true, Suspended = false }, cancellationToken).ConfigureAwait(false);
        if (answer is TorrentStartFail fail)
            throw new TorrentException(fail.Error);
        TorrentId torrent = answer.TorrentId;
        try
        {
            // Who started it before may be patient without end; this request is as patient as it says.
            TimeSpan? patience = answer is TorrentAlreadyDownloading ? request.MetadataTimeout : null;
            TorrentStatus? status = await WaitAsync(torrent, patience, cancellationToken).ConfigureAwait(false);
            return patron.GetMetainfo(torrent)
                ?? throw new TorrentException(status?.Error ?? (patron.IsStopped ? ServiceErrors.Stopped : WhyNot(torrent, status)));
        }
        finally
        {
            // Whoever runs it otherwise goes on with it.
            if (answer is NewTorrentCreated)
                await runner.ForgetAsync(patron, torrent).ConfigureAwait(false);
        }
    }

    private static TorrentError WhyNot(TorrentId torrent, TorrentStatus? status) => status is { State: TorrentState.Suspended }
        ? ServiceErrors.MetadataRests(status.Name)
        : ServiceErrors.MetadataLost(torrent);

    /// <summary>Waits for the metadata; one that rests asks nobody, and is not waited for.</summary>
    private async Task<TorrentStatus?> WaitAsync(TorrentId torrent, TimeSpan? patience, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<TorrentStatus?> wait = patron.WaitAsync(
            torrent, status => status.Metadata is null || status.State == TorrentState.Suspended, ending.Token);
        if (patience is not { } timeout)
            return await wait.ConfigureAwait(false);
        try
        {
            return await wait.WaitAsync(timeout, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await ending.CancelAsync().ConfigureAwait(false);
            throw new TorrentException(ServiceErrors.MetadataTimeout(patron.GetStatus(torrent)?.Name ?? torrent.ToString(), timeout));
        }
    }
}
