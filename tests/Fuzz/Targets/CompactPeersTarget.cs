using System.Net;
using System.Net.Sockets;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Compact peer lists of trackers and peers.</summary>
internal sealed class CompactPeersTarget : IFuzzTarget
{
    private const int Limit = 50;

    public string Name => "compact-peers";

    public IMutator Mutator { get; } = new ByteMutator(
        [Convert.FromHexString("7F0000011AE10A00000200000C000003FFFF"), [.. new byte[15], 1, 0x1A, 0xE1], new byte[600]]);

    public long AllowedBytes(int length) => 64 * 1024 + (100L * length);

    public bool Run(byte[] input)
    {
        foreach (AddressFamily family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            var peers = new List<IPEndPoint>();
            int tail = CompactPeers.Read(input, family, peers, Limit);
            Property.Holds(tail == input.Length % (family == AddressFamily.InterNetwork ? 6 : 18), "an incomplete address is left over");
            Property.Holds(peers.Count <= Limit && peers.All(peer => peer.Port > 0), "peers are bounded and have ports");
            IPEndPoint[] real = [.. peers.Where(peer => !peer.Address.IsIPv4MappedToIPv6)];
            var again = new List<IPEndPoint>();
            CompactPeers.Read(CompactPeers.Write(real, family), family, again, Limit);
            Property.Holds(again.SequenceEqual(real), "packed peers are unpacked");
        }

        return input.Length >= 6;
    }
}
