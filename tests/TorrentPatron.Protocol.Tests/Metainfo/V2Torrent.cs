using System.Security.Cryptography;
using System.Text;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Tests.Metainfo;

/// <summary>Writes v2 torrents and hybrids by hand, one byte per character, so that a test can break one rule at a time.</summary>
internal static class V2Torrent
{
    public const int PieceLength = 32 * 1024;

    /// <summary>The bytes of a file of the given length.</summary>
    public static byte[] Content(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    /// <summary>The hashes of a file's blocks, by the specification: one array for each.</summary>
    public static List<byte[]> Leaves(byte[] content) => [.. content.Chunk(MerkleTree.BlockLength).Select(SHA256.HashData)];

    /// <summary>The root of hashes, by the specification: padded to a power of two, layer by layer.</summary>
    /// <param name="hashes">The hashes.</param>
    /// <param name="pad">The hash in place of a missing one.</param>
    /// <param name="width">Number of hashes including padding; 0: the next power of two.</param>
    public static byte[] Root(IEnumerable<byte[]> hashes, byte[]? pad = null, int width = 0)
    {
        List<byte[]> layer = [.. hashes];
        while (layer.Count < width || !int.IsPow2(layer.Count))
            layer.Add(pad ?? new byte[32]);
        while (layer.Count > 1)
            layer = [.. layer.Chunk(2).Select(pair => SHA256.HashData([.. pair[0], .. pair[1]]))];
        return layer[0];
    }

    /// <summary>The hashes of a file's pieces.</summary>
    public static List<byte[]> PieceHashes(byte[] content) =>
        [.. Leaves(content).Chunk(PieceLength / MerkleTree.BlockLength).Select(leaves => Root(leaves, width: PieceLength / MerkleTree.BlockLength))];

    /// <summary>The root of a file.</summary>
    public static byte[] Root(byte[] content) => Root(Leaves(content));

    /// <summary>A bencoded string.</summary>
    public static string Text(byte[] bytes) => $"{bytes.Length}:{Encoding.Latin1.GetString(bytes)}";

    /// <summary>An entry for a file in a file tree.</summary>
    public static string File(string name, int length) => File(name, length, length == 0 ? null : Root(Content(length)));

    public static string File(string name, long length, byte[]? root) =>
        $"{name.Length}:{name}d0:d6:lengthi{length}e{(root is null ? "" : "11:pieces root" + Text(root))}ee";

    /// <summary>An entry of <c>piece layers</c>.</summary>
    public static string Layer(int length) => Text(Root(Content(length))) + Text([.. PieceHashes(Content(length)).SelectMany(hash => hash)]);

    /// <summary>A v2 torrent.</summary>
    public static byte[] Make(string tree, string layers = "", string more = "") => Encoding.Latin1.GetBytes(
        $"d4:infod9:file treed{tree}e{more}12:meta versioni2e4:name1:n12:piece lengthi{PieceLength}ee12:piece layersd{layers}ee");

    /// <summary>A hybrid.</summary>
    /// <param name="tree">Its file tree.</param>
    /// <param name="v1">Its <c>files</c> or <c>length</c>.</param>
    /// <param name="pieces">Number of pieces of the v1 half.</param>
    /// <param name="layers">Its piece layers.</param>
    public static byte[] MakeHybrid(string tree, string v1, int pieces, string layers = "") => Encoding.Latin1.GetBytes(
        $"d4:infod9:file treed{tree}e{v1}12:meta versioni2e4:name1:n12:piece lengthi{PieceLength}e6:pieces{20 * pieces}:{new string('x', 20 * pieces)}e"
        + $"12:piece layersd{layers}ee");
}
