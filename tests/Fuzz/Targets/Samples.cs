using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Valid inputs, from which others are derived.</summary>
internal static class Samples
{
    public static byte[] Single { get; } = new TorrentBuilder
    {
        Name = "one.bin",
        Files = [new TorrentBuilderFile(null, 40_000)],
        PieceLength = 16384,
        PieceHashes = Hashes(3),
        TrackerTiers = [["http://tracker.example/announce", "udp://tracker.example:80"], ["https://other.example/a?k=1"]],
        WebSeeds = ["http://seed.example/files/"],
        IsPrivate = true,
        Comment = "a comment",
        Source = "source",
        Similar = [new TorrentId(new InfoHash(new byte[20]))],
        Collections = ["collection"],
        UpdateUrl = "http://updates.example/feed",
        CreatedBy = "someone",
        CreationDate = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
    }.Build();

    public static byte[] Many { get; } = new TorrentBuilder
    {
        Name = "folder",
        Files =
        [
            new TorrentBuilderFile("a.txt", 10), new TorrentBuilderFile("sub/b.txt", 0), new TorrentBuilderFile("sub/c/d.bin", 50_000),
            new TorrentBuilderFile("e", 1), new TorrentBuilderFile("größe.bin", 7),
        ],
        PieceLength = 32768,
        PieceHashes = Hashes(2),
        TrackerTiers = [["http://127.0.0.1:6969/announce"]],
    }.Build();

    public static byte[] Hybrid { get; } = Encoding.Latin1.GetBytes(
        "d4:infod9:file treed1:ad0:d6:lengthi5e11:pieces root32:" + new string('r', 32) + "ee1:dd1:bd0:d6:lengthi0eeeee"
        + "5:filesld6:lengthi5e4:pathl1:aeed4:attr1:p6:lengthi16379e4:pathl4:.pad5:16379eed6:lengthi0e4:pathl1:d1:beee"
        + "12:meta versioni2e4:name1:n12:piece lengthi16384e6:pieces20:" + new string('h', 20) + "e12:piece layersdee");

    public static byte[] V2 { get; } = Encoding.Latin1.GetBytes(
        "d4:infod9:file treed1:ad0:d6:lengthi40000e11:pieces root32:" + RootOf(new string('x', 96)) + "ee1:dd1:bd0:d6:lengthi0eeeee"
        + "12:meta versioni2e4:name1:n12:piece lengthi16384ee12:piece layersd32:" + RootOf(new string('x', 96))
        + "96:" + new string('x', 96) + "ee");

    public static byte[] Links { get; } = Encoding.Latin1.GetBytes(
        "d4:infod5:filesld4:attr2:xh6:lengthi1e4:pathl3:runeed4:attr1:l4:pathl4:linke12:symlink pathl1:x3:runee"
        + "d6:lengthi0e4:pathl3:\xFF\xFE.e10:path.utf-8l5:valideee4:name1:n10:name.utf-83:abc12:piece lengthi16384e6:pieces20:"
        + new string('h', 20) + "ee");

    public static byte[] ManyLinks { get; } = new TorrentBuilder
    {
        Name = "links",
        Files =
        [
            new TorrentBuilderFile("a", 10), Link("b", "a"), Link("c", "b"), new TorrentBuilderFile("d/e", 7), Link("d/f", "a"), Link("d/g", "d/e"), Link("h", "d"),
        ],
        PieceLength = 32768,
        PieceHashes = Hashes(1),
    }.Build();

    private static TorrentBuilderFile Link(string path, string target) =>
        new(path, 0) { Attributes = TorrentFileAttributes.SymbolicLink, LinkTarget = target, LastWriteTime = DateTimeOffset.UnixEpoch.AddDays(1) };

    /// <summary>The root above the leaves of a file.</summary>
    private static string RootOf(string leaves)
    {
        var root = new byte[MerkleTree.HashLength];
        MerkleTree.Root(Encoding.Latin1.GetBytes(leaves), 0, MerkleTree.HeightOf(leaves.Length / MerkleTree.HashLength), root);
        return Encoding.Latin1.GetString(root);
    }

    /// <summary>Bytes for hashes.</summary>
    public static byte[] Hashes(int count) =>
        [.. Enumerable.Range(0, count).SelectMany(i => SHA1.HashData(Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture))))];
}
