using System.Net.Sockets;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// Nodes in the packed form of DHT messages: an id and an address, 26 bytes for IPv4 (BEP 5), 38 for IPv6 (BEP 32).
/// </summary>
internal static class CompactNodes
{
    /// <summary>Reads packed nodes; those with port 0, and an incomplete one at the end, are skipped.</summary>
    /// <param name="bytes">The packed nodes.</param>
    /// <param name="family">Their address family: IPv4 or IPv6.</param>
    /// <param name="nodes">Receives the nodes.</param>
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

    /// <summary>Writes the nodes of one address family as the string of a key; others are left out.</summary>
    /// <param name="writer">The writer, in a dictionary where a key is expected.</param>
    /// <param name="key">The key.</param>
    /// <param name="nodes">The nodes.</param>
    /// <param name="family">The address family to write: IPv4 or IPv6.</param>
    public static void Write(BencodeWriter writer, ReadOnlySpan<byte> key, IReadOnlyList<NodeContact> nodes, AddressFamily family)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(nodes);
        writer.WriteKey(key);
        Span<byte> place = writer.ReserveString(Count(nodes, family) * LengthOf(family));
        for (int i = 0; i < nodes.Count; i++)
        {
            if (CompactPeers.FamilyOf(nodes[i].EndPoint) != family)
                continue;
            nodes[i].Id.CopyTo(place);
            CompactPeers.Write(nodes[i].EndPoint, place[NodeId.Length..]);
            place = place[LengthOf(family)..];
        }
    }

    internal static int Count(IReadOnlyList<NodeContact> nodes, AddressFamily family)
    {
        int count = 0;
        for (int i = 0; i < nodes.Count; i++)
            count += CompactPeers.FamilyOf(nodes[i].EndPoint) == family ? 1 : 0;
        return count;
    }

    private static int LengthOf(AddressFamily family) => NodeId.Length + CompactPeers.LengthOf(family);
}
