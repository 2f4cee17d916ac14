using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Sources;

/// <summary>Downloads .torrent files over HTTP and HTTPS.</summary>
/// <remarks>
/// The user may give any address, but somebody else chose the targets of its redirects, perhaps to attack this machine's own services. So
/// no redirect may lead from the internet into the machine's network; the addresses that are actually connected to count.
/// </remarks>
internal sealed class HttpFetcher(TimeProvider time, INetwork network)
{
    private const int MaxRedirects = 5;

    /// <summary>The longest time without receiving anything.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The longest time in all: a slow server must not block a start for ever.</summary>
    private static readonly TimeSpan LongestFetch = TimeSpan.FromMinutes(5);

    private readonly HostConnector _connector = new(time);

    /// <summary>Downloads the whole content.</summary>
    /// <param name="source">The source, for errors.</param>
    /// <param name="address">The address of the source.</param>
    /// <param name="cancellationToken">Cancels the download.</param>
    /// <param name="mayBeNothing">Whether a status without content (204, 304, 404, 410) means empty content and not an error.</param>
    /// <returns>The content, and the reach of the host that sent it.</returns>
    /// <exception cref="TorrentException">It cannot be downloaded, or is too large.</exception>
    public async Task<(ReadOnlyMemory<byte> Bytes, AddressReach Reach)> GetAsync(
        TorrentSource source, Uri address, CancellationToken cancellationToken, bool mayBeNothing = false)
    {
        using var silence = new CancellationTokenSource(Patience, time);
        using var whole = new CancellationTokenSource(LongestFetch, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token, whole.Token);
        try
        {
            return await FollowAsync(source, address, mayBeNothing, () => silence.CancelAfter(Patience), any.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException fault) when (!cancellationToken.IsCancellationRequested)
        {
            string why = whole.IsCancellationRequested
                ? $"did not arrive within {LongestFetch.TotalMinutes:0} minutes" : $"sent nothing for {Patience.TotalSeconds:0} s";
            throw NotReadable(source, why, "Try again later.", fault);
        }
        catch (HttpRequestException fault) when (fault.InnerException is TorrentException refusal)
        {
            throw refusal;
        }
        catch (HttpRequestException fault) when (fault.InnerException is ProxyException refusal)
        {
            throw new TorrentException(
                new TorrentError(refusal.Error.Id, $"'{source}' cannot be fetched. {refusal.Error.Message}", refusal.Error.Remedy), fault);
        }
        catch (Exception fault) when (
            fault is HttpRequestException or IOException or SocketException or InvalidDataException or InvalidOperationException)
        {
            (string why, string remedy) = Describe(fault);
            throw NotReadable(source, why, remedy, fault);
        }
    }

    private async Task<(ReadOnlyMemory<byte> Bytes, AddressReach Reach)> FollowAsync(
        TorrentSource source, Uri address, bool mayBeNothing, Action onReceived, CancellationToken cancellationToken)
    {
        bool cameFromInternet = false;
        var reach = AddressReach.Global;
        // Connections are not reused: each redirect connects, and is therefore checked, anew.
        using HttpMessageInvoker invoker = HttpClientFactory.CreateClient(network, NetworkUse.Web, _connector, FindAsync, Patience, keepIdle: TimeSpan.Zero);
        for (int redirects = 0; redirects <= MaxRedirects; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.TryAddWithoutValidation("User-Agent", "TorrentPatron");
            using HttpResponseMessage response = await invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (RedirectOf(response, source, address) is { } target)
            {
                address = target;
                continue;
            }

            if (mayBeNothing && IsNothing(response.StatusCode))
                return (default, reach);
            if (!response.IsSuccessStatusCode)
            {
                throw NotReadable(
                    source,
                    $"returned the HTTP status {(int)response.StatusCode}",
                    "Check the address; the site may require a log-in.");
            }

            Stream content = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (content.ConfigureAwait(false))
                return (await BoundedReader.ReadAsync(content, source, cancellationToken, onReceived).ConfigureAwait(false), reach);
        }

        throw NotReadable(source, $"redirects more than {MaxRedirects} times", "Use the final address.");

        async Task<IPAddress[]> FindAsync(string host, CancellationToken token)
        {
            IPAddress[] addresses = await network.ResolveAsync(host, NetworkUse.Web, token).ConfigureAwait(false);
            reach = AddressReaches.Of(addresses);
            if (cameFromInternet && reach != AddressReach.Global)
            {
                throw NotReadable(
                    source,
                    "redirects from the internet into this machine's own network",
                    "Do not trust it; use another source.");
            }

            cameFromInternet |= reach == AddressReach.Global;
            return addresses;
        }
    }

    private static bool IsNothing(HttpStatusCode status) =>
        status is HttpStatusCode.NoContent or HttpStatusCode.NotModified or HttpStatusCode.NotFound or HttpStatusCode.Gone;

    private static Uri? RedirectOf(HttpResponseMessage response, TorrentSource source, Uri from)
    {
        bool isRedirect = response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found
            or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
        if (!isRedirect)
            return null;

        bool isPlain = Uri.TryCreate(from, response.Headers.Location, out Uri? target) && target.Scheme == Uri.UriSchemeHttp;
        if (isPlain && from.Scheme == Uri.UriSchemeHttps)
            throw NotReadable(source, "redirects from https to plain http", "Use another source.");
        if (!isPlain && target?.Scheme != Uri.UriSchemeHttps)
            throw NotReadable(source, "redirects to an address that is not http or https", "Use the .torrent file itself.");
        return target;
    }

    // The framework's messages may quote text from the server, so they are not shown.
    private static (string Why, string Remedy) Describe(Exception fault) => fault switch
    {
        HttpRequestException { InnerException: SocketException inner } => Describe(inner),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            ("cannot be reached securely: its certificate is not valid, or TLS failed",
                "Check the address and this machine's clock."),
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            ("is on an unknown host", "Check the address and the network."),
        SocketException socket => ($"cannot be reached: {socket.SocketErrorCode}", "Check the address and the network."),
        _ => ("ended the connection early, or did not answer in HTTP", "Try again, or use another source."),
    };

    private static TorrentException NotReadable(TorrentSource source, string why, string remedy, Exception? fault = null) =>
        new(new TorrentError(TorrentErrorId.SourceNotReadable, $"'{source}' {why}.", remedy), fault);
}
