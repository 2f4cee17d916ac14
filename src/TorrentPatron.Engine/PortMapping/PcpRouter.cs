using System.Buffers.Binary;
using System.Security.Cryptography;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Engine.PortMapping;

/// <summary>A router reached with PCP.</summary>
internal sealed class PcpRouter(GatewayRequests requests) : IRouter
{
    /// <summary>The lifetime requested, and the least and greatest accepted, seconds.</summary>
    private const uint Lifetime = 7_200, LeastLifetime = 60, MostLifetime = 86_400;

    /// <inheritdoc/>
    public PortMappingMeans Means => PortMappingMeans.Pcp;

    /// <inheritdoc/>
    public async Task<RouterMapping> MapAsync(MappablePort port, RouterMapping? before, CancellationToken cancellationToken)
    {
        PcpMapAnswer answer = await AskAsync(port, before, Lifetime, cancellationToken).ConfigureAwait(false);
        if (answer.Result != PcpResult.Success)
            throw new PortMappingException(Text(answer.Result), answer.Result is PcpResult.UnsupportedVersion or PcpResult.UnsupportedOperation);
        if (answer.ExternalPort == 0 || answer.Lifetime == 0)
            throw new PortMappingException("The router's answer has no port.");
        return new RouterMapping(
            port, answer.ExternalPort, answer.ExternalAddress, TimeSpan.FromSeconds(Math.Clamp(answer.Lifetime, LeastLifetime, MostLifetime)), answer.Nonce, answer.Epoch);
    }

    /// <inheritdoc/>
    public async Task UnmapAsync(RouterMapping mapping, CancellationToken cancellationToken)
    {
        PcpMapAnswer answer = await AskAsync(mapping.Port, mapping, lifetime: 0, cancellationToken).ConfigureAwait(false);
        if (answer.Result != PcpResult.Success)
            throw new PortMappingException(Text(answer.Result));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private Task<PcpMapAnswer> AskAsync(MappablePort port, RouterMapping? before, uint lifetime, CancellationToken cancellationToken)
    {
        var request = new PcpMapRequest(
            before?.Nonce ?? DrawNonce(), port.Protocol, port.Number, requests.Gateway.Local, before?.ExternalPort ?? port.Number, before?.ExternalAddress, lifetime);
        return requests.AskAsync(PcpCodec.Write(request), Read, cancellationToken);

        PcpMapAnswer? Read(ReadOnlyMemory<byte> datagram)
        {
            PcpMapAnswer? answer = PcpCodec.ReadMap(datagram.Span);
            if (answer is not null)
                return answer.Nonce == request.Nonce && answer.Protocol == port.Protocol && answer.InternalPort == port.Number ? answer : null;
            return PcpCodec.IsOtherVersion(datagram.Span) ? throw new PortMappingException("The router does not speak PCP.", isAbsent: true) : null;
        }
    }

    private static UInt128 DrawNonce()
    {
        Span<byte> bytes = stackalloc byte[12];
        RandomNumberGenerator.Fill(bytes);
        return new UInt128(BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(uint)..]));
    }

    private static string Text(PcpResult result) => result switch
    {
        PcpResult.UnsupportedVersion => "The router speaks a different version of PCP.",
        PcpResult.NotAuthorized => "The router is configured not to map ports with PCP.",
        PcpResult.UnsupportedOperation => "The router does not map ports with PCP.",
        PcpResult.NetworkFailure => "The router is not connected to the internet.",
        PcpResult.NoResources => "The router has no room for another mapping.",
        PcpResult.UserExceededQuota => "The router allows no further mapping for this machine.",
        PcpResult.CannotProvideExternal => "The router cannot provide the requested external port.",
        PcpResult.AddressMismatch => "There is another router in between.",
        _ => $"The router refuses the PCP mapping (error {(int)result}).",
    };
}
