using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Engine.PortMapping;

/// <summary>A router reached with NAT-PMP.</summary>
internal sealed class NatPmpRouter(GatewayRequests requests) : IRouter
{
    /// <summary>The lifetime requested, and the least and greatest accepted, seconds.</summary>
    private const uint Lifetime = 7_200, LeastLifetime = 60, MostLifetime = 86_400;

    /// <inheritdoc/>
    public PortMappingMeans Means => PortMappingMeans.NatPmp;

    /// <inheritdoc/>
    public async Task<RouterMapping> MapAsync(MappablePort port, RouterMapping? before, CancellationToken cancellationToken)
    {
        NatPmpMapping answer = await AskAsync(port, before?.ExternalPort ?? port.Number, Lifetime, cancellationToken).ConfigureAwait(false);
        if (answer.ExternalPort == 0 || answer.Lifetime == 0)
            throw new PortMappingException("The router's answer has no port.");
        NatPmpAddress address = await requests.AskAsync(
            NatPmpCodec.WriteAddressRequest(), static datagram => NatPmpCodec.Read(datagram.Span) as NatPmpAddress, cancellationToken).ConfigureAwait(false);
        IPAddress? outside = address.Address is { } told && !told.Equals(IPAddress.Any) ? told : null;
        return new RouterMapping(
            port, answer.ExternalPort, outside, TimeSpan.FromSeconds(Math.Clamp(answer.Lifetime, LeastLifetime, MostLifetime)), Epoch: answer.Epoch);
    }

    /// <inheritdoc/>
    public Task UnmapAsync(RouterMapping mapping, CancellationToken cancellationToken) => AskAsync(mapping.Port, externalPort: 0, lifetime: 0, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private async Task<NatPmpMapping> AskAsync(MappablePort port, ushort externalPort, uint lifetime, CancellationToken cancellationToken)
    {
        NatPmpMapping answer = await requests.AskAsync(
            NatPmpCodec.WriteMapRequest(port.Protocol, port.Number, externalPort, lifetime),
            datagram => NatPmpCodec.Read(datagram.Span) is NatPmpMapping mapping && mapping.Protocol == port.Protocol
                && (mapping.InternalPort == port.Number || mapping.Result != NatPmpResult.Success) ? mapping : null,
            cancellationToken).ConfigureAwait(false);
        if (answer.Result == NatPmpResult.Success)
            return answer;
        throw new PortMappingException(
            answer.Result switch
            {
                NatPmpResult.UnsupportedVersion or NatPmpResult.UnsupportedOperation => "The router does not speak NAT-PMP.",
                NatPmpResult.NotAuthorized => "The router is configured not to map ports with NAT-PMP.",
                NatPmpResult.NetworkFailure => "The router is not connected to the internet.",
                NatPmpResult.OutOfResources => "The router has no room for another mapping.",
                _ => $"The router refuses the NAT-PMP mapping (error {(int)answer.Result}).",
            },
            answer.Result is NatPmpResult.UnsupportedVersion or NatPmpResult.UnsupportedOperation);
    }
}
