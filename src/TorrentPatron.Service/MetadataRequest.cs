using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Routing;

namespace TorrentPatron.Service;

/// <summary>Fetches the metadata of a torrent, and leaves as little as possible behind.</summary>
/// <param name="patron">The patron that asks.</param>
/// <param name="runner">Runs the requests.</param>
/// <param name="time">The clock.</param>
internal sealed class MetadataRequest(Patron patron, RequestRunner runner, TimeProvider time)
{
    /// <summary>How much longer than the engine's own limit to wait: that does not run while the torrent waits in the queue.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Fetches the metadata.</summary>
    /// <exception cref="TorrentException">It cannot be fetched.</exception>
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
            // The patron that started it before may wait without limit; this request has its own limit.
            TimeSpan? patience = answer is TorrentAlreadyDownloading ? request.MetadataTimeout : request.MetadataTimeout + Grace;
            TorrentStatus? status = await WaitAsync(torrent, patience, cancellationToken).ConfigureAwait(false);
            return patron.GetMetainfo(torrent)
                ?? throw new TorrentException(status?.Error ?? (patron.IsStopped ? ServiceErrors.Stopped : WhyNot(torrent, status)));
        }
        finally
        {
            // If anyone else runs it, it continues.
            if (answer is NewTorrentCreated)
                await runner.ForgetAsync(patron, torrent).ConfigureAwait(false);
        }
    }

    private static TorrentError WhyNot(TorrentId torrent, TorrentStatus? status) => status is { State: TorrentState.Suspended }
        ? ServiceErrors.MetadataRests(status.Name)
        : ServiceErrors.MetadataLost(torrent);

    /// <summary>Waits for the metadata; a suspended torrent fetches none and is not waited for.</summary>
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
            TorrentStatus? last = patron.GetStatus(torrent);
            throw new TorrentException(last is { State: TorrentState.Queued }
                ? ServiceErrors.MetadataQueued(last.Name)
                : ServiceErrors.MetadataTimeout(last?.Name ?? torrent.ToString(), timeout));
        }
    }
}
