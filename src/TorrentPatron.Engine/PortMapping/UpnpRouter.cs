using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Engine.PortMapping;

/// <summary>A router that is asked by UPnP.</summary>
/// <remarks>
/// Whoever answers a search could name any address to have us ask there. So only the router's own answers count, and only addresses at
/// the router are asked: never a name, never another host.
/// </remarks>
internal sealed class UpnpRouter : IRouter
{
    private const uint Lease = 3_600;
    private const string Description = "TorrentPatron";

    /// <summary>Answers to a search that are looked at, and descriptions that are fetched, at most.</summary>
    private const int MostAnswers = 100, MostDescriptions = 8;

    /// <summary>Outside ports that are tried where others have the wanted one.</summary>
    private const int MostPorts = 5;

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Waited for answers to a search, which is repeated after the first of these.</summary>
    private static readonly TimeSpan[] SearchWaits = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)];

    private readonly NetworkGateway _gateway;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;
    private readonly IgdService _service;
    private bool _isPermanent;

    private UpnpRouter(NetworkGateway gateway, TimeProvider time, HttpMessageInvoker http, IgdService service) =>
        (_gateway, _time, _http, _service) = (gateway, time, http, service);

    /// <inheritdoc/>
    public PortMappingMeans Means => PortMappingMeans.Upnp;

    /// <summary>Looks for the router's service.</summary>
    /// <exception cref="PortMappingException">The router has none.</exception>
    /// <exception cref="IOException">The network refuses.</exception>
    public static async Task<UpnpRouter> FindAsync(INetwork network, NetworkGateway gateway, TimeProvider time, CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // The router's, or disposed here.
        HttpMessageInvoker http = HttpClientFactory.CreateClient(
            network, NetworkUse.Peers, new HostConnector(time),
            (host, _) => Task.FromResult<IPAddress[]>(IPAddress.TryParse(host, out IPAddress? address) && address.Equals(gateway.Address) ? [address] : []),
            AnswerTimeout, TimeSpan.Zero);
#pragma warning restore CA2000
        try
        {
            IgdService service = await SearchAsync(network, gateway, time, http, cancellationToken).ConfigureAwait(false)
                ?? throw new PortMappingException("The router does not answer to UPnP.", isAbsent: true);
            return new UpnpRouter(gateway, time, http, service);
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<RouterMapping> MapAsync(MappablePort port, RouterMapping? before, CancellationToken cancellationToken)
    {
        ushort external = before?.ExternalPort ?? port.Number;
        // A renewal is of the very port.
        string action = _service.CanMapAny && before is null ? IgdCodec.AddAnyPortMapping : IgdCodec.AddPortMapping;
        for (int ports = 1; ;)
        {
            uint lease = _isPermanent ? 0 : Lease;
            IgdAnswer answer = await AskAsync(
                action, IgdCodec.WriteAdd(_service, action, port.Protocol, port.Number, external, _gateway.Local, Description, lease), cancellationToken)
                .ConfigureAwait(false);
            switch (answer.Fault)
            {
                case null:
                    return new RouterMapping(
                        port, answer.ReservedPort ?? external, await FindAddressAsync(cancellationToken).ConfigureAwait(false), lease == 0 ? null : TimeSpan.FromSeconds(lease));
                case IgdAnswer.OnlyPermanentLeases or IgdAnswer.InvalidArguments or IgdAnswer.ActionFailed when !_isPermanent:
                    // Some say so with another number.
                    _isPermanent = true;
                    break;
                case IgdAnswer.Conflict when ports++ < MostPorts:
                    external = (ushort)RandomNumberGenerator.GetInt32(10_000, 60_000);
                    break;
                case IgdAnswer.SamePortsRequired when external != port.Number:
                    external = port.Number;
                    break;
                case { } fault:
                    throw new PortMappingException(fault == IgdAnswer.NotAuthorized
                        ? "The router is set up to map no ports by UPnP."
                        : $"The router refuses the mapping by UPnP (error {fault}{(answer.FaultText is { Length: > 0 } text ? $", {text.TrimEnd('.')}" : "")}).");
            }
        }
    }

    /// <inheritdoc/>
    public async Task UnmapAsync(RouterMapping mapping, CancellationToken cancellationToken)
    {
        IgdAnswer answer = await AskAsync(
            IgdCodec.DeletePortMapping, IgdCodec.WriteDelete(_service, mapping.Port.Protocol, mapping.ExternalPort), cancellationToken).ConfigureAwait(false);
        if (answer.Fault is { } fault)
            throw new PortMappingException($"The router does not end the mapping (error {fault}).");
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static async Task<IgdService?> SearchAsync(
        INetwork network, NetworkGateway gateway, TimeProvider time, HttpMessageInvoker http, CancellationToken cancellationToken)
    {
        var looked = new HashSet<Uri>();
        var batch = new DatagramBatch(4, SsdpCodec.LongestAnswer);
        int answers = 0;
        using IDatagramSocket socket = network.OpenDatagrams(new IPEndPoint(gateway.Local, 0), NetworkUse.Peers);
        foreach (TimeSpan wait in SearchWaits)
        {
            using var timeout = new CancellationTokenSource(wait, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            foreach (IPAddress to in (IPAddress[])[IPAddress.Parse(SsdpCodec.Group), gateway.Address])
            {
                foreach (string target in SsdpCodec.Targets)
                    await SendAsync(SsdpCodec.WriteSearch(to.ToString(), target, patience: 1), new IPEndPoint(to, SsdpCodec.Port)).ConfigureAwait(false);
            }

            try
            {
                while (answers < MostAnswers)
                {
                    await socket.ReceiveAsync(batch, either.Token).ConfigureAwait(false);
                    for (int i = 0; i < batch.Count && answers++ < MostAnswers; i++)
                    {
                        if (!batch.Remote(i).Address.Equals(gateway.Address) || SsdpCodec.Read(batch[i].Span) is not { } answer
                            || !IPAddress.TryParse(answer.Location.Host, out IPAddress? host) || !host.Equals(gateway.Address)
                            || looked.Count >= MostDescriptions || !looked.Add(answer.Location))
                            continue;
                        if (await DescribeAsync(http, time, answer.Location, cancellationToken).ConfigureAwait(false) is { } service)
                            return service;
                    }
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Searched once more.
            }
        }

        return null;

        async Task SendAsync(byte[] search, IPEndPoint to)
        {
            try
            {
                await socket.SendAsync(search, to, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // No way to the group, say: the router itself may hear.
            }
        }
    }

    private static async Task<IgdService?> DescribeAsync(HttpMessageInvoker http, TimeProvider time, Uri location, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, location);
            (HttpStatusCode status, ReadOnlyMemory<byte> body) = await FetchAsync(http, time, request, cancellationToken).ConfigureAwait(false);
            return status == HttpStatusCode.OK && IgdDescription.Read(body, location) is [{ } best, ..] ? best : null;
        }
        catch (Exception e) when (e is IOException or PortMappingException)
        {
            return null;
        }
    }

    private async Task<IPAddress?> FindAddressAsync(CancellationToken cancellationToken)
    {
        try
        {
            IgdAnswer answer = await AskAsync(IgdCodec.GetExternalIPAddress, IgdCodec.WriteGetAddress(_service), cancellationToken).ConfigureAwait(false);
            return answer.Fault is null && answer.Address is { AddressFamily: AddressFamily.InterNetwork } address && !address.Equals(IPAddress.Any) ? address : null;
        }
        catch (PortMappingException)
        {
            // The port is mapped all the same.
            return null;
        }
    }

    private async Task<IgdAnswer> AskAsync(string action, byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _service.Control) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("text/xml; charset=\"utf-8\"");
        request.Headers.TryAddWithoutValidation("SOAPAction", IgdCodec.Header(_service, action));
        // A fault comes with the status 500.
        (_, ReadOnlyMemory<byte> answer) = await FetchAsync(_http, _time, request, cancellationToken).ConfigureAwait(false);
        return IgdCodec.Read(answer, action) ?? throw new PortMappingException("The router's answer cannot be read.");
    }

    private static async Task<(HttpStatusCode Status, ReadOnlyMemory<byte> Body)> FetchAsync(
        HttpMessageInvoker http, TimeProvider time, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, either.Token).ConfigureAwait(false);
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
            throw new PortMappingException($"The router cannot be asked: {e.Message.TrimEnd('.')}.", isAbsent: true);
        }
    }
}
