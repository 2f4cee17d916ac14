using System.Net;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Proxies;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Datagrams relayed by a SOCKS5 proxy.</summary>
internal sealed class ProxyDatagramTarget : IFuzzTarget
{
    public string Name => "proxy-datagram";

    public IMutator Mutator { get; } = new ByteMutator(
        [
            Convert.FromHexString("00000001C00002071AE1" + "6869"),
            Convert.FromHexString("00000004" + "20010DB8000000000000000000000002" + "1F90" + "00"),
            Convert.FromHexString("000000030461626364" + "1AE1" + "6869"),
        ],
        [[0, 0, 0], [0, 0, 1], [1], [3], [4]]);

    public long AllowedBytes(int length) => 16 * 1024 + (4L * length);

    public bool Run(byte[] input)
    {
        if (!Socks5Datagram.TryRead(input, out ReadOnlySpan<byte> address, out ReadOnlySpan<byte> data))
            return false;
        IPEndPoint from = Socks5Datagram.ReadAddress(address);
        byte[] header = new byte[Socks5Datagram.MostHeaderBytes];
        int length = Socks5Datagram.WriteHeader(header, from);
        // An IPv4-mapped IPv6 address is written as IPv4.
        if (!from.Address.IsIPv4MappedToIPv6)
            Property.Same(input.AsSpan(2), [.. header.AsSpan(2, length - 2), .. data], "the written bytes equal those that were read");
        return true;
    }
}
