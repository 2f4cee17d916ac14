using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Engine.PortMapping;

/// <summary>A router's IPv6 firewall, whose pinholes are opened with UPnP.</summary>
/// <remarks>
/// The request must come from the address that the pinhole is for, and so go to an address of the router in the same network,
/// which the router names itself. An impostor can only make us contact its own address in our network.
/// </remarks>
internal sealed class UpnpFirewall : IRouter
{
    private const uint Lease = 3_600;

    /// <summary>The bytes of an address that identify its network.</summary>
    private const int NetworkLength = 8;

    private readonly NetworkGateway _gateway;
    private readonly UpnpClient _upnp;
    private readonly IgdService _service;

    private UpnpFirewall(NetworkGateway gateway, UpnpClient upnp, IgdService service) => (_gateway, _upnp, _service) = (gateway, upnp, service);

    /// <inheritdoc/>
    public PortMappingMeans Means => PortMappingMeans.Upnp;

    /// <summary>Finds the router's firewall.</summary>
    /// <exception cref="PortMappingException">The router has none.</exception>
    /// <exception cref="IOException">The network refuses.</exception>
    public static async Task<UpnpFirewall> FindAsync(INetwork network, NetworkGateway gateway, TimeProvider time, CancellationToken cancellationToken)
    {
        var group = new IPAddress(IPAddress.Parse(SsdpCodec.Group6).GetAddressBytes(), gateway.Address.ScopeId);
        var search = new UpnpSearch([group, gateway.Address], _ => $"[{SsdpCodec.Group6}]", SsdpCodec.Targets6, [IgdService.Firewall])
        {
            MayBeAsked = address => IsNear(address, gateway),
            Counts = (from, host) => from.Equals(gateway.Address) || from.Equals(host),
        };
        (UpnpClient upnp, IgdService service) = await UpnpClient.FindAsync(network, gateway, time, search, cancellationToken).ConfigureAwait(false)
            ?? throw new PortMappingException("The router does not answer UPnP over IPv6.", isAbsent: true);
        return new UpnpFirewall(gateway, upnp, service);
    }

    /// <inheritdoc/>
    public async Task<RouterMapping> MapAsync(MappablePort port, RouterMapping? before, CancellationToken cancellationToken)
    {
        if (before?.Pinhole is { } known)
        {
            IgdAnswer renewed = await AskAsync(PinholeCodec.UpdatePinhole, PinholeCodec.WriteUpdate(_service, known, Lease), cancellationToken).ConfigureAwait(false);
            if (renewed.Fault is null)
                return before with { Lifetime = TimeSpan.FromSeconds(Lease) };
            // It has probably been restarted.
        }

        IgdAnswer answer = await AskAsync(
            PinholeCodec.AddPinhole, PinholeCodec.WriteAdd(_service, port.Protocol, _gateway.Local, port.Number, Lease), cancellationToken).ConfigureAwait(false);
        if (answer.Fault is { } fault)
        {
            throw new PortMappingException(fault switch
            {
                IgdAnswer.PinholesNotAllowed or IgdAnswer.NotAuthorized => "The router is configured not to open its IPv6 firewall.",
                IgdAnswer.PinholeSpaceExhausted => "The router has no room for another firewall pinhole.",
                _ => $"The router refuses the UPnP firewall pinhole (error {fault}{(answer.FaultText is { Length: > 0 } text ? $", {text.TrimEnd('.')}" : "")}).",
            });
        }

        return PinholeCodec.IdOf(answer) is { } id
            ? new RouterMapping(port, port.Number, _gateway.Local, TimeSpan.FromSeconds(Lease), Pinhole: id)
            : throw new PortMappingException("The router's answer has no pinhole id.");
    }

    /// <inheritdoc/>
    public async Task UnmapAsync(RouterMapping mapping, CancellationToken cancellationToken)
    {
        if (mapping.Pinhole is not { } id)
            return;
        IgdAnswer answer = await AskAsync(PinholeCodec.DeletePinhole, PinholeCodec.WriteDelete(_service, id), cancellationToken).ConfigureAwait(false);
        if (answer.Fault is { } fault)
            throw new PortMappingException($"The router did not close the pinhole (error {fault}).");
    }

    /// <inheritdoc/>
    public void Dispose() => _upnp.Dispose();

    /// <summary>Whether an address is in our network, and not our own.</summary>
    private static bool IsNear(IPAddress address, NetworkGateway gateway) =>
        address.AddressFamily == gateway.Local.AddressFamily && !address.Equals(gateway.Local)
        && address.GetAddressBytes().AsSpan(0, NetworkLength).SequenceEqual(gateway.Local.GetAddressBytes().AsSpan(0, NetworkLength));

    private Task<IgdAnswer> AskAsync(string action, byte[] body, CancellationToken cancellationToken) =>
        _upnp.AskAsync(_service, action, body, cancellationToken);
}
