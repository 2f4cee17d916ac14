using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Engine.PortMapping;

/// <summary>A router reached with UPnP.</summary>
/// <remarks>
/// Anyone who answers a search could name an arbitrary address. So only the router's own answers count, and only addresses at the
/// router are contacted: never a name, never another host.
/// </remarks>
internal sealed class UpnpRouter : IRouter
{
    private const uint Lease = 3_600;
    private const string Description = "TorrentPatron";

    /// <summary>The most external ports tried if others have the wanted one.</summary>
    private const int MostPorts = 5;

    private readonly NetworkGateway _gateway;
    private readonly UpnpClient _upnp;
    private readonly IgdService _service;
    private bool _isPermanent;

    private UpnpRouter(NetworkGateway gateway, UpnpClient upnp, IgdService service) => (_gateway, _upnp, _service) = (gateway, upnp, service);

    /// <inheritdoc/>
    public PortMappingMeans Means => PortMappingMeans.Upnp;

    /// <summary>Finds the router's service.</summary>
    /// <exception cref="PortMappingException">The router has none.</exception>
    /// <exception cref="IOException">The network refuses.</exception>
    public static async Task<UpnpRouter> FindAsync(INetwork network, NetworkGateway gateway, TimeProvider time, CancellationToken cancellationToken)
    {
        var group = IPAddress.Parse(SsdpCodec.Group);
        var search = new UpnpSearch([group, gateway.Address], to => to.ToString(), SsdpCodec.Targets, IgdService.Types)
        {
            MayBeAsked = gateway.Address.Equals,
            Counts = (from, _) => from.Equals(gateway.Address),
        };
        (UpnpClient upnp, IgdService service) = await UpnpClient.FindAsync(network, gateway, time, search, cancellationToken).ConfigureAwait(false)
            ?? throw new PortMappingException("The router does not answer UPnP.", isAbsent: true);
        return new UpnpRouter(gateway, upnp, service);
    }

    /// <inheritdoc/>
    public async Task<RouterMapping> MapAsync(MappablePort port, RouterMapping? before, CancellationToken cancellationToken)
    {
        ushort external = before?.ExternalPort ?? port.Number;
        // A renewal keeps its port.
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
                    // Some routers report this with another error code.
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
                        ? "The router is configured not to map ports with UPnP."
                        : $"The router refuses the UPnP mapping (error {fault}{(answer.FaultText is { Length: > 0 } text ? $", {text.TrimEnd('.')}" : "")}).");
            }
        }
    }

    /// <inheritdoc/>
    public async Task UnmapAsync(RouterMapping mapping, CancellationToken cancellationToken)
    {
        IgdAnswer answer = await AskAsync(
            IgdCodec.DeletePortMapping, IgdCodec.WriteDelete(_service, mapping.Port.Protocol, mapping.ExternalPort), cancellationToken).ConfigureAwait(false);
        if (answer.Fault is { } fault)
            throw new PortMappingException($"The router did not remove the mapping (error {fault}).");
    }

    /// <inheritdoc/>
    public void Dispose() => _upnp.Dispose();

    private async Task<IPAddress?> FindAddressAsync(CancellationToken cancellationToken)
    {
        try
        {
            IgdAnswer answer = await AskAsync(IgdCodec.GetExternalIPAddress, IgdCodec.WriteGetAddress(_service), cancellationToken).ConfigureAwait(false);
            return answer.Fault is null && answer.Address is { AddressFamily: AddressFamily.InterNetwork } address && !address.Equals(IPAddress.Any) ? address : null;
        }
        catch (PortMappingException)
        {
            // The port is mapped anyway.
            return null;
        }
    }

    private Task<IgdAnswer> AskAsync(string action, byte[] body, CancellationToken cancellationToken) =>
        _upnp.AskAsync(_service, action, body, cancellationToken);
}
