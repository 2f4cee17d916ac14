using System.Net.Sockets;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>The saved DHT nodes.</summary>
internal sealed class DhtStateTarget : IFuzzTarget
{
    public string Name => "dht-state";

    public IMutator Mutator { get; } = new BencodeMutator(
        ["d5:nodes26:aaaaaaaaaaaaaaaaaaaaabcdef6:nodes638:aaaaaaaaaaaaaaaaaaaaabcdefghijklmnopqre"u8.ToArray()]);

    public long AllowedBytes(int length) => 256 * 1024 + (200L * length);

    public bool Run(byte[] input)
    {
        if (!DhtState.TryRead(input, out DhtState? state))
            return false;
        foreach (AddressFamily family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
            Property.Holds(state.Nodes.Count(node => node.EndPoint.AddressFamily == family) <= DhtState.MaxNodes, "nodes are bounded");
        Property.Holds(state.Nodes.All(node => node.EndPoint.Port > 0), "nodes have ports");
        Property.Holds(DhtState.TryRead(state.ToBytes(), out DhtState? again), "a written value can be read again");
        Property.Same(state.ToBytes(), again!.ToBytes(), "the value read again is the same");
        return true;
    }
}
