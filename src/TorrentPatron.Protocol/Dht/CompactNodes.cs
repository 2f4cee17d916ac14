using System.Net.Sockets;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Protocol.Dht;

/// <summary>Nodes as they are packed in DHT messages: an id and an address, 26 bytes for IPv4 (BEP 5), 38 for IPv6 (BEP 32).</summary>
public static class CompactNodes
{
    /// <summary>Reads packed nodes; those with port 0, and what makes up no whole node at the end, are skipped.</summary>
    /// <param name="bytes">The packed nodes.</param>
    /// <param name="family">Which kind they are of: IPv4 or IPv6.</param>
    /// <param name="nodes">Where the nodes go.</param>
    /// <param name="limit">Reading ends when <paramref name="nodes"/> holds this many.</param>
    public static void Read(ReadOnlySpan<byte> bytes, AddressFamily family, ICollection<NodeContact> nodes, int limit)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        int length = LengthOf(family);
        var address = new List<System.Net.IPEndPoint>(1);
        for (; bytes.Length >= length && nodes.Count < limit; bytes = bytes[length..])
        {
            address.Clear();
            CompactPeers.Read(bytes[NodeId.Length..length], family, address, limit: 1);
            if (address.Count == 1)
                nodes.Add(new NodeContact(new NodeId(bytes[..NodeId.Length]), address[0]));
        }
    }

    /// <summary>Packs the nodes of one family; those of the other are left out.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="family">Which kind to pack: IPv4 or IPv6.</param>
    public static byte[] Write(IEnumerable<NodeContact> nodes, AddressFamily family)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        using var packed = new MemoryStream();
        Span<byte> id = stackalloc byte[NodeId.Length];
        foreach (NodeContact node in nodes)
        {
            byte[] address = CompactPeers.Write([node.EndPoint], family);
            if (address.Length == 0)
                continue;
            node.Id.CopyTo(id);
            packed.Write(id);
            packed.Write(address);
        }

        return packed.ToArray();
    }

    private static int LengthOf(AddressFamily family) => NodeId.Length
        + (family == AddressFamily.InterNetwork ? CompactPeers.IPv4Length : CompactPeers.IPv6Length);
}
