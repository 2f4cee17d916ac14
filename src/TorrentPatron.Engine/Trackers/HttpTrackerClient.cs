using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Announces over HTTP and HTTPS. One instance for the whole engine, so that connections are reused.</summary>
/// <remarks>
/// A tracker's address comes from a .torrent, so it may try to trigger requests to local services. Therefore a loopback address
/// must have the path <c>/announce</c>, and a redirect never leads from the internet into the local network. Connections are
/// pooled by reach and IP version: one made under laxer rules is never used under stricter ones.
/// </remarks>
internal sealed class HttpTrackerClient : ITrackerClient, IDisposable
{
    private const int MaxRedirects = 5;
    private const int ReadLength = 16 * 1024;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan KeepIdle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);
    private static readonly string UserAgent =
        $"TorrentPatron/{typeof(HttpTrackerClient).Assembly.GetName().Version?.ToString(fieldCount: 2)}";

    private readonly TrackerHosts _hosts;
    private readonly TimeProvider _time;
    private readonly Func<AddressReach, AddressFamily, HttpMessageInvoker> _createInvoker;
    private readonly Lock _gate = new();

    /// <summary>The clients created so far: a torrent may have no tracker, and the first HTTP client is expensive.</summary>
    private readonly Dictionary<(AddressReach Reach, AddressFamily Family), HttpMessageInvoker> _invokers = [];
    private bool _isDisposed;

    /// <summary>Creates a client that uses a network.</summary>
    /// <param name="hosts">Resolves trackers' hosts.</param>
    /// <param name="network">The network for its connections.</param>
    /// <param name="time">The clock for time-outs.</param>
    public HttpTrackerClient(TrackerHosts hosts, INetwork network, TimeProvider time)
        : this(
            hosts,
            (reach, family) => HttpClientFactory.CreateClient(
                network, NetworkUse.Trackers, hosts.Connector,
                (host, cancellationToken) => hosts.FindAsync(host, reach, family, cancellationToken), ConnectTimeout, KeepIdle),
            time)
    {
    }

    /// <summary>Creates a client with test handlers.</summary>
    internal HttpTrackerClient(
        TrackerHosts hosts, Func<AddressReach, AddressFamily, HttpMessageInvoker> createInvoker, TimeProvider time)
    {
        _hosts = hosts;
        _time = time;
        _createInvoker = createInvoker;
    }

    /// <summary>Receives our address as reported by trackers (BEP 24); null ignores it.</summary>
    public OutsideAddress? Outside { get; init; }

    public async Task<AnnounceResponse?> AnnounceAsync(
        Uri announce, AnnounceRequest request, AddressFamily family, CancellationToken cancellationToken)
    {
        TimeSpan patience = request.Event == AnnounceEvent.Stopped ? StopTimeout : AnswerTimeout;
        if (await AskAsync(HttpAnnounceCodec.BuildUri(announce, request), "/announce", family, patience, cancellationToken).ConfigureAwait(false) is not { } answer)
            return null;
        AnnounceResponse response = HttpAnnounceCodec.Parse(answer.Body);
        if (response.ExternalAddress is { } us)
            Outside?.Vote(answer.Tracker, us);
        return TrackerHosts.WithoutNearer(response, answer.From);
    }

    public async Task<ScrapeResponse?> ScrapeAsync(Uri announce, InfoHash torrent, AddressFamily family, CancellationToken cancellationToken) =>
        HttpAnnounceCodec.BuildScrapeUri(announce, torrent) is { } uri
        && await AskAsync(uri, "/scrape", family, AnswerTimeout, cancellationToken).ConfigureAwait(false) is { } answer
            ? HttpAnnounceCodec.ParseScrape(answer.Body, torrent)
            : null;

    public void Dispose()
    {
        lock (_gate)
            _isDisposed = true;
        DropConnections();
    }

    private async Task<(byte[] Body, AddressReach From, IPAddress Tracker)?> AskAsync(
        Uri uri, string path, AddressFamily family, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await FetchAsync(uri, path, family, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TrackerFailureException("The tracker did not answer in time.", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or ObjectDisposedException)
        {
            throw new TrackerFailureException(Describe(e), e);
        }
    }

    /// <summary>Closes all connections, including idle ones kept for the next announce.</summary>
    public void DropConnections()
    {
        lock (_gate)
        {
            foreach (HttpMessageInvoker invoker in _invokers.Values)
                invoker.Dispose();
            _invokers.Clear();
        }
    }

    private HttpMessageInvoker InvokerFor(AddressReach reach, AddressFamily family)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_invokers.TryGetValue((reach, family), out HttpMessageInvoker? invoker))
                _invokers.Add((reach, family), invoker = _createInvoker(reach, family));
            return invoker;
        }
    }

    /// <returns>
    /// The answer, the reach of the host that gave it, and an address of it; null if it has no address of this IP version.
    /// </returns>
    private async Task<(byte[] Body, AddressReach From, IPAddress Tracker)?> FetchAsync(
        Uri uri, string path, AddressFamily family, CancellationToken cancellationToken)
    {
        bool cameFromInternet = false;
        for (int redirects = 0; redirects <= MaxRedirects; redirects++)
        {
            if (await _hosts.FindAsync(uri.IdnHost, family, cancellationToken).ConfigureAwait(false) is not { } addresses)
                return null;
            AddressReach reach = Check(uri, path, addresses, cameFromInternet);
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
            using HttpResponseMessage response =
                await InvokerFor(reach, family).SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (RedirectOf(response, uri) is not { } target)
                return (await ReadAsync(response, cancellationToken).ConfigureAwait(false), reach, addresses[0]);

            uri = target;
            cameFromInternet |= reach == AddressReach.Global;
        }

        throw new TrackerFailureException($"The tracker redirects more than {MaxRedirects} times.");
    }

    private static AddressReach Check(Uri uri, string path, IPAddress[] addresses, bool cameFromInternet)
    {
        AddressReach reach = AddressReaches.Of(addresses);
        if (cameFromInternet && reach != AddressReach.Global)
            throw new TrackerFailureException("The tracker redirects from the internet into the local network.");
        if (reach == AddressReach.Loopback && uri.AbsolutePath != path)
            throw new TrackerFailureException($"A tracker on this machine must have the path {path}.");
        return reach;
    }

    private static Uri? RedirectOf(HttpResponseMessage response, Uri from)
    {
        bool isRedirect = response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found
            or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
        if (!isRedirect || response.Headers.Location is not { } location)
            return null;

        bool isPlain = Uri.TryCreate(from, location, out Uri? target) && target.Scheme == Uri.UriSchemeHttp;
        if (isPlain && from.Scheme == Uri.UriSchemeHttps)
            throw new TrackerFailureException("The tracker redirects from HTTPS to plain HTTP.");
        if (!isPlain && target?.Scheme != Uri.UriSchemeHttps)
            throw new TrackerFailureException("The tracker redirects to an address that is not HTTP.");
        return target;
    }

    // The limit applies to decompressed bytes, so a small answer cannot expand without end.
    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = new byte[ReadLength];
        int length;
        while ((length = await ReadAsync(stream, buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (body.Length + length > HttpAnnounceCodec.MaxAnswerLength)
                throw new TrackerFailureException("The tracker's answer is too long.");
            body.Write(buffer, 0, length);
        }

        // Some trackers send a proper failure reason with an error status: it says more than the status.
        byte[] answer = body.ToArray();
        return response.IsSuccessStatusCode || answer is [(byte)'d', ..]
            ? answer
            : throw new TrackerFailureException($"The tracker answered with the HTTP status {(int)response.StatusCode}.");
    }

    private static async ValueTask<int> ReadAsync(Stream stream, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            throw new TrackerFailureException("The tracker's answer cannot be decompressed.", e);
        }
    }

    // The framework's own messages may quote the other side, so they are not shown.
    private static string Describe(Exception exception) => exception switch
    {
        HttpRequestException { InnerException: ProxyException inner } => inner.Message,
        HttpRequestException { InnerException: SocketException inner } => Describe(inner),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            "No secure connection to the tracker: its certificate is not valid, or TLS failed.",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "The tracker cannot be reached.",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            "The tracker's host name cannot be resolved.",
        SocketException socket => $"The tracker cannot be reached: {socket.SocketErrorCode}.",
        _ => "The tracker closed the connection, or did not answer in HTTP.",
    };
}
