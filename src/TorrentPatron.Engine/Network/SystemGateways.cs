using System.Collections.ObjectModel;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // Used by SocketNetwork.

/// <summary>The routers that the operating system sends through, which any user may query.</summary>
internal static class SystemGateways
{
    /// <summary>The routers, in the order of the interfaces; IPv6 routers appear once for each of our addresses.</summary>
    public static ReadOnlyCollection<NetworkGateway> Find()
    {
        var gateways = new List<NetworkGateway>();
        try
        {
            foreach (NetworkInterface network in NetworkInterface.GetAllNetworkInterfaces())
            {
                if (network.OperationalStatus is not (OperationalStatus.Up or OperationalStatus.Unknown) || network.NetworkInterfaceType == NetworkInterfaceType.Loopback)
                    continue;
                IPInterfaceProperties properties = network.GetIPProperties();
                UnicastIPAddressInformation[] own = [.. properties.UnicastAddresses.Where(unicast => unicast.Address.AddressFamily == AddressFamily.InterNetwork)];
                IPAddress[] own6 = [.. properties.UnicastAddresses.Select(unicast => unicast.Address).Where(IsReachable6)];
                foreach (GatewayIPAddressInformation gateway in properties.GatewayAddresses)
                {
                    if (gateway.Address.AddressFamily == AddressFamily.InterNetworkV6 && !gateway.Address.Equals(IPAddress.IPv6Any))
                    {
                        IPAddress scoped = gateway.Address is { IsIPv6LinkLocal: true, ScopeId: 0 }
                            ? new IPAddress(gateway.Address.GetAddressBytes(), properties.GetIPv6Properties().Index)
                            : gateway.Address;
                        gateways.AddRange(own6.Select(address => new NetworkGateway(scoped, address)));
                    }

                    if (gateway.Address.AddressFamily != AddressFamily.InterNetwork || gateway.Address.Equals(IPAddress.Any) || own.Length == 0)
                        continue;
                    UnicastIPAddressInformation local = Array.Find(own, unicast => IsNear(unicast, gateway.Address)) ?? own[0];
                    gateways.Add(new NetworkGateway(gateway.Address, local.Address));
                }
            }
        }
        catch (Exception e) when (e is NetworkInformationException or IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // The system does not report them here.
        }

        return gateways.Distinct().ToList().AsReadOnly();
    }

    private static bool IsReachable6(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && AddressReaches.Of(address) == AddressReach.Global && !address.IsIPv6Teredo;

    private static bool IsNear(UnicastIPAddressInformation own, IPAddress gateway)
    {
        int prefix = Math.Clamp(own.PrefixLength, 0, 32);
        uint mask = prefix == 0 ? 0 : uint.MaxValue << (32 - prefix);
        return ((Number(own.Address) ^ Number(gateway)) & mask) == 0;
    }

    private static uint Number(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }
}
