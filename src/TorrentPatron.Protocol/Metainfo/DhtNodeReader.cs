using System.Collections.ObjectModel;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Reads the DHT nodes in a .torrent (<c>nodes</c>, BEP 5); invalid entries are ignored.</summary>
internal static class DhtNodeReader
{
    private const int MaxHostBytes = 255;

    public static ReadOnlyCollection<HostEndPoint> Read(BencodeElement root)
    {
        var nodes = new List<HostEndPoint>();
        if (!root.TryGet("nodes"u8, out BencodeElement list) || list.Kind != BencodeKind.List)
            return [];
        foreach (BencodeElement item in list.EnumerateList())
        {
            if (nodes.Count == MetainfoReader.MaxDhtNodes)
                break;
            if (ReadNode(item) is { } node && !nodes.Contains(node))
                nodes.Add(node);
        }

        return [.. nodes];
    }

    private static HostEndPoint? ReadNode(BencodeElement item)
    {
        if (item.Kind != BencodeKind.List || item.Count != 2)
            return null;
        BencodeElement[] parts = [.. Parts(item)];
        return parts[0].TryGetBytes(out ReadOnlyMemory<byte> host) && host.Length <= MaxHostBytes && parts[1].TryGetInteger(out long port)
            && HostEndPoint.TryCreate(parts[0].AsText(), port, out HostEndPoint? node)
            ? node
            : null;
    }

    private static IEnumerable<BencodeElement> Parts(BencodeElement list)
    {
        foreach (BencodeElement part in list.EnumerateList())
            yield return part;
    }
}
