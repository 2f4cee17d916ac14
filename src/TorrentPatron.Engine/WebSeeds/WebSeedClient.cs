using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.WebSeeds;

/// <summary>Requests parts of files from one web seed, over connections that are kept for the next request.</summary>
/// <remarks>
/// The address usually comes from a .torrent or a link, so it may try to trigger requests to local services. Unless a user gave
/// it, an address in the local network must not have a query, and no redirect leads from the internet into that network. The
/// addresses actually dialled count, and a connection made before a redirect is never used after it.
/// </remarks>
internal sealed class WebSeedClient : IDisposable
{
    private const int MostRedirects = 5;
    private const int MostRemembered = 1_000;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan KeepIdle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromHours(1);
    private static readonly string UserAgent =
        $"TorrentPatron/{typeof(WebSeedClient).Assembly.GetName().Version?.ToString(fieldCount: 2)}";

    private readonly Uri _seed;
    private readonly bool _isGiven;
    private readonly INetwork _network;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _direct;

    /// <summary>Dials internet addresses only, after a redirect from the internet.</summary>
    private readonly HttpMessageInvoker _outside;

    /// <summary>Hosts that had an internet address when they were dialled.</summary>
    private readonly ConcurrentDictionary<string, bool> _onInternet = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The known redirects.</summary>
    private readonly ConcurrentDictionary<Uri, (Uri Target, bool IsOutside)> _moved = new();

    /// <summary>Creates a client, which requests nothing yet.</summary>
    /// <param name="seed">The web seed's address.</param>
    /// <param name="isGiven">Whether a user gave it.</param>
    /// <param name="network">The network for its connections.</param>
    /// <param name="time">The clock.</param>
    public WebSeedClient(Uri seed, bool isGiven, INetwork network, TimeProvider time)
    {
        (_seed, _isGiven, _network, _time) = (seed, isGiven, network, time);
        var connector = new HostConnector(time);
        _direct = HttpClientFactory.CreateClient(network, NetworkUse.Web, connector, FindAsync, ConnectTimeout, KeepIdle, decompress: false);
        _outside = HttpClientFactory.CreateClient(network, NetworkUse.Web, connector, FindOutsideAsync, ConnectTimeout, KeepIdle, decompress: false);
    }

    /// <summary>Requests a part of a file.</summary>
    /// <param name="address">The file's address.</param>
    /// <param name="offset">The part's offset.</param>
    /// <param name="length">Its length, 1 or more.</param>
    /// <param name="fileLength">The length that the file must have.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="WebSeedException">The web seed does not supply it.</exception>
    /// <exception cref="HttpRequestException">The web seed cannot be reached, or does not speak HTTP.</exception>
    public async Task<WebSeedAnswer> GetAsync(Uri address, long offset, long length, long fileLength, CancellationToken cancellationToken)
    {
        Uri uri = address;
        bool isOutside = false;
        if (_moved.TryGetValue(address, out (Uri Target, bool IsOutside) moved))
            (uri, isOutside) = moved;
        for (int redirects = 0; redirects <= MostRedirects; redirects++)
        {
            using HttpRequestMessage request = MakeRequest(uri, offset, length);
            HttpResponseMessage response = await (isOutside ? _outside : _direct).SendAsync(request, cancellationToken).ConfigureAwait(false);
            try
            {
                if (RedirectOf(response, uri) is { } target)
                {
                    response.Dispose();
                    isOutside |= _onInternet.ContainsKey(uri.IdnHost);
                    uri = target;
                    continue;
                }

                WebSeedAnswer answer = await TakeAsync(response, offset, length, fileLength, cancellationToken).ConfigureAwait(false);
                if (redirects > 0)
                    Remember(address, uri, isOutside);
                return answer;
            }
            catch
            {
                _moved.TryRemove(address, out _);
                response.Dispose();
                throw;
            }
        }

        throw new WebSeedException($"It redirects more than {MostRedirects} times.", WebSeedFault.Lasting);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _direct.Dispose();
        _outside.Dispose();
    }

    private HttpRequestMessage MakeRequest(Uri uri, long offset, long length)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        // Compressed bytes would have different offsets.
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        request.Headers.Range = new RangeHeaderValue(offset, offset + length - 1);
        // No other host is sent the credentials.
        if (_seed.UserInfo.Length > 0 && uri.Scheme == _seed.Scheme && uri.Authority == _seed.Authority)
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(_seed.UserInfo))));
        return request;
    }

    private async Task<WebSeedAnswer> TakeAsync(
        HttpResponseMessage response, long offset, long length, long fileLength, CancellationToken cancellationToken)
    {
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent))
            throw Refusal(response);
        if (response.Content.Headers.ContentEncoding.Any(encoding => !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
            throw new WebSeedException("It sends compressed data, although the request forbids it.", WebSeedFault.Lasting);

        bool isWhole = response.StatusCode == HttpStatusCode.OK;
        if (isWhole)
        {
            if (response.Content.Headers.ContentLength is { } sent && sent != fileLength)
                throw OtherLength(sent, fileLength);
            if (offset > 0)
                throw new WebSeedException("It does not support byte ranges.", WebSeedFault.Lasting);
        }
        else
        {
            length = CheckRange(response.Content.Headers.ContentRange, offset, length, fileLength);
        }

        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return new WebSeedAnswer(response, body, isWhole, length);
    }

    private static long CheckRange(ContentRangeHeaderValue? range, long offset, long length, long fileLength)
    {
        if (range is not { HasRange: true, From: { } from, To: { } to } || from != offset || to < from || to >= offset + length)
            throw new WebSeedException("It sends a different part of the file than requested.", WebSeedFault.Lasting);
        if (range.Length is { } whole && whole != fileLength)
            throw OtherLength(whole, fileLength);
        return to - from + 1;
    }

    private WebSeedException Refusal(HttpResponseMessage response)
    {
        int status = (int)response.StatusCode;
        string shown = string.Create(CultureInfo.InvariantCulture, $"It answers with the HTTP status {status}.");
        return status switch
        {
            416 => new WebSeedException("Its file is shorter than the torrent's.", WebSeedFault.File),
            // Some stores answer 403 for missing files.
            403 or 404 or 410 => new WebSeedException(shown, WebSeedFault.File),
            408 or 425 or 429 or >= 500 => new WebSeedException(shown, WebSeedFault.Passing, RetryAfterOf(response)),
            _ => new WebSeedException(shown, WebSeedFault.Lasting),
        };
    }

    private TimeSpan? RetryAfterOf(HttpResponseMessage response)
    {
        TimeSpan? after = response.Headers.RetryAfter is not { } header ? null : header.Delta ?? (header.Date - WallTime.Now(_time));
        return after is { } time && time > TimeSpan.Zero ? (time < LongestPatience ? time : LongestPatience) : null;
    }

    private static WebSeedException OtherLength(long sent, long expected) => new(
        string.Create(CultureInfo.InvariantCulture, $"It has a different file: {sent} bytes instead of {expected}."), WebSeedFault.File);

    private static Uri? RedirectOf(HttpResponseMessage response, Uri from)
    {
        bool isRedirect = response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found
            or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
        if (!isRedirect)
            return null;
        if (!Uri.TryCreate(from, response.Headers.Location, out Uri? target) || target.Scheme is not ("http" or "https"))
            throw new WebSeedException("It redirects to an address that is not http.", WebSeedFault.Lasting);
        return from.Scheme == Uri.UriSchemeHttps && target.Scheme == Uri.UriSchemeHttp
            ? throw new WebSeedException("It redirects from https to plain http.", WebSeedFault.Lasting)
            : target;
    }

    private void Remember(Uri address, Uri target, bool isOutside)
    {
        if (_moved.Count >= MostRemembered)
            _moved.Clear();
        _moved[address] = (target, isOutside);
    }

    private async Task<IPAddress[]> FindAsync(string host, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = await _network.ResolveAsync(host, NetworkUse.Web, cancellationToken).ConfigureAwait(false);
        if (Array.Exists(addresses, address => AddressReaches.Of(address) == AddressReach.Global))
            _onInternet[host] = true;
        if (!_isGiven && _seed.Query.Length > 0 && host.Equals(_seed.IdnHost, StringComparison.OrdinalIgnoreCase)
            && Array.Exists(addresses, address => AddressReaches.Of(address) != AddressReach.Global))
        {
            throw new WebSeedException("It is in the local network, and its address has a query.", WebSeedFault.Lasting);
        }

        return addresses;
    }

    private async Task<IPAddress[]> FindOutsideAsync(string host, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = await _network.ResolveAsync(host, NetworkUse.Web, cancellationToken).ConfigureAwait(false);
        return Array.TrueForAll(addresses, address => AddressReaches.Of(address) == AddressReach.Global) && addresses.Length > 0
            ? addresses
            : throw new WebSeedException("It redirects from the internet into the local network.", WebSeedFault.Lasting);
    }

    /// <summary>Describes a request's failure other than a <see cref="WebSeedException"/>.</summary>
    public static WebSeedException Describe(Exception fault) => fault switch
    {
        WebSeedException known => known,
        // Exceptions from FindAsync are wrapped.
        HttpRequestException { InnerException: WebSeedException known } => known,
        HttpRequestException { InnerException: ProxyException refusal } => Passing(refusal.Error.Message, fault),
        HttpRequestException { InnerException: SocketException inner } => Describe(inner),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => new WebSeedException(
            "It has no secure connection: its certificate is not valid, or TLS failed.", WebSeedFault.Passing, inner: fault),
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            Passing("Its host name cannot be resolved.", fault),
        SocketException socket => Passing($"It cannot be reached: {socket.SocketErrorCode}.", fault),
        OperationCanceledException => Passing("It did not answer in time.", fault),
        _ => Passing("It closed the connection, or did not answer in HTTP.", fault),
    };

    private static WebSeedException Passing(string message, Exception fault) => new(message, WebSeedFault.Passing, inner: fault);
}
