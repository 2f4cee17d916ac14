using System.Security.Cryptography;
using System.Text;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Tests.Metainfo;

/// <summary>Writes torrents of version 2 and hybrids by hand, each character a byte, so that one thing at a time can be wrong in them.</summary>
internal static class V2Torrent
{
    public const int PieceLength = 32 * 1024;

    /// <summary>The bytes of a file of some length.</summary>
    public static byte[] Content(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    /// <summary>The hashes of a file's blocks, by the book: one array for each.</summary>
    public static List<byte[]> Leaves(byte[] content) => [.. content.Chunk(MerkleTree.BlockLength).Select(SHA256.HashData)];

    /// <summary>The root above hashes, by the book: padded to a power of two, layer by layer.</summary>
    /// <param name="hashes">The hashes.</param>
    /// <param name="pad">What stands for a missing one.</param>
    /// <param name="width">How many there are to be; 0: the next power of two.</param>
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

    /// <summary>A string of bencode.</summary>
    public static string Text(byte[] bytes) => $"{bytes.Length}:{Encoding.Latin1.GetString(bytes)}";

    /// <summary>A file in a file tree, by its name.</summary>
    public static string File(string name, int length) => File(name, length, length == 0 ? null : Root(Content(length)));

    public static string File(string name, long length, byte[]? root) =>
        $"{name.Length}:{name}d0:d6:lengthi{length}e{(root is null ? "" : "11:pieces root" + Text(root))}ee";

    /// <summary>An entry of <c>piece layers</c>.</summary>
    public static string Layer(int length) => Text(Root(Content(length))) + Text([.. PieceHashes(Content(length)).SelectMany(hash => hash)]);

    /// <summary>A torrent of version 2.</summary>
    public static byte[] Make(string tree, string layers = "", string more = "") => Encoding.Latin1.GetBytes(
        $"d4:infod9:file treed{tree}e{more}12:meta versioni2e4:name1:n12:piece lengthi{PieceLength}ee12:piece layersd{layers}ee");

    /// <summary>A hybrid.</summary>
    /// <param name="tree">Its file tree.</param>
    /// <param name="v1">Its <c>files</c> or <c>length</c>.</param>
    /// <param name="pieces">How many pieces the v1 half has.</param>
    /// <param name="layers">Its piece layers.</param>
    public static byte[] MakeHybrid(string tree, string v1, int pieces, string layers = "") => Encoding.Latin1.GetBytes(
        $"d4:infod9:file treed{tree}e{v1}12:meta versioni2e4:name1:n12:piece lengthi{PieceLength}e6:pieces{20 * pieces}:{new string('x', 20 * pieces)}e"
        + $"12:piece layersd{layers}ee");
}
