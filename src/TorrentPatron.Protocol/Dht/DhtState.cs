using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// The state that a DHT node saves between runs: nodes to contact first. It does not contain the node's own id: a node that
/// returns at another address, or two nodes that share a saved state, must not have the same one.
/// </summary>
public sealed record DhtState
{
    /// <summary>The most nodes of one address family that are saved.</summary>
    public const int MaxNodes = 200;

    private static readonly BencodeLimits Limits = new() { MaxDepth = 4, MaxTokens = 32 };

    /// <summary>Nodes of both address families that have answered, those to try first in front.</summary>
    public IReadOnlyList<NodeContact> Nodes { get; init; } = [];

    /// <summary>Reads a saved state; unknown parts are ignored.</summary>
    /// <param name="bytes">Bytes from <see cref="ToBytes"/>, possibly damaged.</param>
    /// <param name="state">The state, where the bytes are one.</param>
    /// <returns>False if the bytes are not a saved state.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out DhtState? state)
    {
        state = null;
        BencodeElement root;
        try
        {
            root = BencodeDocument.Parse(bytes, Limits).Root;
        }
        catch (BencodeException)
        {
            return false;
        }

        if (root.Kind != BencodeKind.Dictionary)
            return false;
        var nodes = new List<NodeContact>();
        if (root.TryGet("nodes"u8, out BencodeElement element) && element.TryGetBytes(out ReadOnlyMemory<byte> packed))
            CompactNodes.Read(packed.Span, AddressFamily.InterNetwork, nodes, MaxNodes);
        if (root.TryGet("nodes6"u8, out element) && element.TryGetBytes(out packed))
            CompactNodes.Read(packed.Span, AddressFamily.InterNetworkV6, nodes, nodes.Count + MaxNodes);
        state = new DhtState { Nodes = nodes };
        return true;
    }

    /// <summary>Writes the state: a few kilobytes.</summary>
    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(buffer);
        writer.BeginDictionary();
        CompactNodes.Write(writer, "nodes"u8, Of(AddressFamily.InterNetwork), AddressFamily.InterNetwork);
        CompactNodes.Write(writer, "nodes6"u8, Of(AddressFamily.InterNetworkV6), AddressFamily.InterNetworkV6);
        writer.End();
        return buffer.WrittenSpan.ToArray();
    }

    private NodeContact[] Of(AddressFamily family) =>
        [.. Nodes.Where(node => node.EndPoint.AddressFamily == family).Take(MaxNodes)];
}
