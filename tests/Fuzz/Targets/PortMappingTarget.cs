using System.Net;
using System.Net.Sockets;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Datagrams of routers: PCP and NAT-PMP.</summary>
internal sealed class PortMappingTarget : IFuzzTarget
{
    public string Name => "port-mapping";

    public IMutator Mutator { get; } = new ByteMutator(
        [
            Convert.FromHexString("0281000000000E100000002A000000000000000000000000000102030405060708090A0B110000001AE1C8D500000000000000000000FFFFCB007107"),
            Convert.FromHexString("028000000000000000000007000000000000000000000000"),
            Convert.FromHexString("008000000000002ACB007107"),
            Convert.FromHexString("008200000000002A1AE1C8D500000E10"),
            Convert.FromHexString("0082000100000001"),
        ],
        [[0, 0x80], [0, 0x81], [2, 0x80], [2, 0x81], [0, 0, 0, 1]]);

    public long AllowedBytes(int length) => 4_096;

    public bool Run(byte[] input)
    {
        bool isSound = PcpCodec.IsOtherVersion(input) | (PcpCodec.ReadAnnounce(input) is not null);
        if (PcpCodec.ReadMap(input) is { } answer)
        {
            isSound = true;
            // Parsed as a request it has the same values.
            byte[] again = PcpCodec.Write(new PcpMapRequest(
                answer.Nonce, answer.Protocol, answer.InternalPort, IPAddress.Loopback, answer.ExternalPort, answer.ExternalAddress, answer.Lifetime));
            Property.Same(input.AsSpan(24, 13), again.AsSpan(24, 13), "nonce and protocol");
            Property.Same(input.AsSpan(40, 4), again.AsSpan(40, 4), "ports");
        }

        if (NatPmpCodec.Read(input) is { } other)
        {
            isSound = true;
            Property.Holds(other is not NatPmpMapping { Protocol: not (ProtocolType.Tcp or ProtocolType.Udp) }, "TCP or UDP");
            Property.Holds(other is not NatPmpAddress { Result: NatPmpResult.Success, Address: null }, "a successful answer has an address");
        }

        return isSound;
    }
}
