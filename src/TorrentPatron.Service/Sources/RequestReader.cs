using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Service.Sources;

/// <summary>Reads the sources of requests, a few at a time and each within its time limit.</summary>
/// <param name="sources">Reads them.</param>
/// <param name="peers">Resolves the host names of peers in links; null means not to resolve them.</param>
/// <param name="time">The clock.</param>
#pragma warning disable CA1001 // A semaphore without a wait handle holds no resources.
internal sealed class RequestReader(SourceReader sources, PeerResolver? peers, TimeProvider time)
#pragma warning restore CA1001
{
    /// <summary>Maximum number of concurrent reads: enough to keep a disk busy and to wait for some servers.</summary>
    private const int MostReads = 16;

    private readonly SemaphoreSlim _reads = new(MostReads, MostReads);

    /// <summary>Reads a request's source.</summary>
    /// <param name="request">The request.</param>
    /// <param name="reading">Cancels the reading.</param>
    /// <exception cref="TorrentException">It cannot be read.</exception>
    public async Task<ReadSource> ReadAsync(StartRequest request, CancellationToken reading)
    {
        if (request.Read is { } read)
            return read;
        if (request.Metainfo is not null)
            return new ReadSource(new SourceContent(request.Metainfo) { Reach = request.Reach }, []);
        if (request.Source is null)
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.UnsupportedSource, "No torrent was given.", "Give a .torrent file, its address or bytes, or a magnet link."));
        }

        // Most requests have no timeout: those of thousands of saved torrents need no clock.
        using CancellationTokenSource? clock = request.SourceTimeout is { } timeout ? new CancellationTokenSource(timeout, time) : null;
        using CancellationTokenSource? linked = clock is null ? null : CancellationTokenSource.CreateLinkedTokenSource(reading, clock.Token);
        CancellationToken either = linked?.Token ?? reading;
        bool isReading = false;
        try
        {
            await _reads.WaitAsync(either).ConfigureAwait(false);
            isReading = true;
            SourceContent content = await sources.ReadContentAsync(request.Source, either).ConfigureAwait(false);
            return new ReadSource(
                content,
                content.Magnet is null || peers is null ? [] : await peers.ResolveAsync(content.Magnet, either).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (clock is { IsCancellationRequested: true } && !reading.IsCancellationRequested)
        {
            throw new TorrentException(ServiceErrors.SourceTimeout(request.Source.ToString(), request.SourceTimeout!.Value));
        }
        finally
        {
            if (isReading)
                _reads.Release();
        }
    }
}
