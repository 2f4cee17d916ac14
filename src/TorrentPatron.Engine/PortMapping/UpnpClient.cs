using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Engine.PortMapping;

/// <summary>A UPnP search: what to look for, and which answers count.</summary>
/// <param name="To">The destinations: a group, and the router itself, which may not listen to the group.</param>
/// <param name="Host">Returns the host header for a destination.</param>
/// <param name="Targets">The search targets.</param>
/// <param name="Types">The usable service types, best first.</param>
internal sealed record UpnpSearch(IPAddress[] To, Func<IPAddress, string> Host, IReadOnlyList<string> Targets, IReadOnlyList<string> Types)
{
    /// <summary>Returns whether a description may be fetched from an address.</summary>
    public required Predicate<IPAddress> MayBeAsked { get; init; }

    /// <summary>Returns whether an answer from an address about a host counts.</summary>
    public required Func<IPAddress, IPAddress, bool> Counts { get; init; }
}

/// <summary>Finds a router's service with UPnP and calls its actions.</summary>
/// <remarks>
/// Anyone in the network can answer a search, so the number and length of answers, and the hosts they lead to, are limited.
/// </remarks>
internal sealed class UpnpClient : IDisposable
{
    /// <summary>The most answers to a search that are read, and the most descriptions that are fetched.</summary>
    private const int MostAnswers = 100, MostDescriptions = 8;

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The waits for answers to a search, which is repeated after the first.</summary>
    private static readonly TimeSpan[] SearchWaits = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)];

    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;

    private UpnpClient(INetwork network, TimeProvider time, Predicate<IPAddress> mayBeAsked)
    {
        _time = time;
        _http = HttpClientFactory.CreateClient(
            network, NetworkUse.Peers, new HostConnector(time),
            (host, _) => Task.FromResult<IPAddress[]>(IPAddress.TryParse(host, out IPAddress? address) && mayBeAsked(address) ? [address] : []),
            AnswerTimeout, TimeSpan.Zero);
    }

    /// <summary>Searches for a service.</summary>
    /// <returns>The service and a client for it; null if nobody answered.</returns>
    /// <exception cref="IOException">The network refuses.</exception>
    public static async Task<(UpnpClient Client, IgdService Service)?> FindAsync(
        INetwork network, NetworkGateway gateway, TimeProvider time, UpnpSearch search, CancellationToken cancellationToken)
    {
        var client = new UpnpClient(network, time, search.MayBeAsked);
        IgdService? service = null;
        try
        {
            using IDatagramSocket socket = network.OpenDatagrams(new IPEndPoint(gateway.Local, 0), NetworkUse.Peers);
            service = await client.SearchAsync(socket, search, cancellationToken).ConfigureAwait(false);
            return service is null ? null : (client, service);
        }
        finally
        {
            if (service is null)
                client.Dispose();
        }
    }

    /// <summary>Calls an action of a service.</summary>
    /// <exception cref="PortMappingException">The router does not answer, or its answer is invalid.</exception>
    /// <exception cref="IOException">The network refuses.</exception>
    public async Task<IgdAnswer> AskAsync(IgdService service, string action, byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, service.Control) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("text/xml; charset=\"utf-8\"");
        request.Headers.TryAddWithoutValidation("SOAPAction", IgdCodec.Header(service, action));
        // A fault comes with the status 500.
        (_, ReadOnlyMemory<byte> answer) = await FetchAsync(request, cancellationToken).ConfigureAwait(false);
        return IgdCodec.Read(answer, action) ?? throw new PortMappingException("The router's answer is invalid.");
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<IgdService?> SearchAsync(IDatagramSocket socket, UpnpSearch search, CancellationToken cancellationToken)
    {
        var looked = new HashSet<Uri>();
        var batch = new DatagramBatch(4, SsdpCodec.LongestAnswer);
        int answers = 0;
        foreach (TimeSpan wait in SearchWaits)
        {
            using var timeout = new CancellationTokenSource(wait, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            foreach (IPAddress to in search.To)
            {
                foreach (string target in search.Targets)
                    await SendAsync(SsdpCodec.WriteSearch(search.Host(to), target, patience: 1), new IPEndPoint(to, SsdpCodec.Port)).ConfigureAwait(false);
            }

            try
            {
                while (answers < MostAnswers)
                {
                    await socket.ReceiveAsync(batch, either.Token).ConfigureAwait(false);
                    for (int i = 0; i < batch.Count && answers++ < MostAnswers; i++)
                    {
                        if (SsdpCodec.Read(batch[i].Span) is not { } answer || !IPAddress.TryParse(answer.Location.Host, out IPAddress? host)
                            || !search.MayBeAsked(host) || !search.Counts(batch.Remote(i).Address, host)
                            || looked.Count >= MostDescriptions || !looked.Add(answer.Location))
                            continue;
                        if (await DescribeAsync(answer.Location, search.Types, cancellationToken).ConfigureAwait(false) is { } service)
                            return service;
                    }
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Search once more.
            }
        }

        return null;

        async Task SendAsync(byte[] bytes, IPEndPoint to)
        {
            try
            {
                await socket.SendAsync(bytes, to, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // For example, there is no route to the group; the router itself may still answer.
            }
        }
    }

    /// <returns>
    /// The best of the described services; null if none has a usable type, or the description cannot be fetched.
    /// </returns>
    private async Task<IgdService?> DescribeAsync(Uri location, IReadOnlyList<string> types, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, location);
            (HttpStatusCode status, ReadOnlyMemory<byte> body) = await FetchAsync(request, cancellationToken).ConfigureAwait(false);
            return status == HttpStatusCode.OK && IgdDescription.Read(body, location, types) is [{ } best, ..] ? best : null;
        }
        catch (Exception e) when (e is IOException or PortMappingException)
        {
            return null;
        }
    }

    private async Task<(HttpStatusCode Status, ReadOnlyMemory<byte> Body)> FetchAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(AnswerTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, either.Token).ConfigureAwait(false);
            Stream stream = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                byte[] body = new byte[BoundedXml.LongestDocument + 1];
                int length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, either.Token).ConfigureAwait(false);
                return length < body.Length ? (response.StatusCode, body.AsMemory(0, length)) : throw new PortMappingException("The router's answer is too long.");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PortMappingException("The router does not answer.", isAbsent: true);
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            throw new PortMappingException($"The router cannot be reached: {e.Message.TrimEnd('.')}.", isAbsent: true);
        }
    }
}
