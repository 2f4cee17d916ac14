using System.Text;

namespace TorrentPatron.Interop.Tests.Contract;

/// <summary>A torrent that claims that one of its files is outside its folder.</summary>
/// <param name="Name">The kind of attack, usable in a file name.</param>
/// <param name="Content">The .torrent file; each character is a byte.</param>
/// <param name="HalvesDiffer">Whether it is a hybrid whose halves name different files, which the reader refuses.</param>
internal sealed record HostileNames(string Name, string Content, bool HalvesDiffer = false)
{
    /// <summary>
    /// Number of parent folders to climb: as many as between the system's temporary folder and where an engine may store a
    /// torrent.
    /// </summary>
    private const int Deepest = 4;

    private const int PieceLength = 16384;

    /// <summary>Length of a harmless second file, bytes.</summary>
    private const int Other = 7;

    public byte[] Bytes => Encoding.Latin1.GetBytes(Content);

    /// <summary>Torrents whose file is named by a marker: v1 with one file and with several, v2, and hybrids.</summary>
    public static IEnumerable<HostileNames> All(string marker)
    {
        string absolute = Path.Combine(Path.GetTempPath(), marker);
        foreach (int length in (int[])[0, 5])
        {
            for (int climb = 1; climb <= Deepest; climb++)
            {
                string name = string.Concat(Enumerable.Repeat("../", climb)) + marker;
                string[] path = [.. Enumerable.Repeat("..", climb), marker];
                yield return new HostileNames($"single {climb} {length}", Single(Entry("name", name), length));
                yield return new HostileNames($"single utf-8 {climb} {length}", Single(Entry("name", "n") + Entry("name.utf-8", name), length));
                yield return new HostileNames($"folder {climb} {length}", Several(string.Concat(Enumerable.Repeat("../", climb)), [marker], length));
                yield return new HostileNames($"path {climb} {length}", Several("n", path, length));
                yield return new HostileNames($"element {climb} {length}", Several("n", [name], length));
                yield return new HostileNames($"tree {climb} {length}", Hybrid(path, ["file"], length), HalvesDiffer: true);
                yield return new HostileNames($"tree and list {climb} {length}", Hybrid(path, path, length));
                yield return new HostileNames($"tree element {climb} {length}", Hybrid([name], [name], length));
                yield return new HostileNames($"version 2 {climb} {length}", Version2(path, length));
                yield return new HostileNames($"version 2 element {climb} {length}", Version2([name], length));
            }

            yield return new HostileNames($"absolute {length}", Single(Entry("name", absolute), length));
            yield return new HostileNames($"absolute element {length}", Several("n", [absolute], length));
            yield return new HostileNames($"absolute tree {length}", Hybrid([absolute], [absolute], length));
        }
    }

    /// <summary>The paths at which such a file would be if an engine wrote it outside.</summary>
    public static IEnumerable<string> Places(string marker)
    {
        string? folder = Path.TrimEndingDirectorySeparator(Path.GetTempPath());
        for (; folder is not null; folder = Path.GetDirectoryName(folder))
            yield return Path.Combine(folder, marker);
    }

    private static string Single(string names, int length) => $"d4:infod6:lengthi{length}e{names}{Pieces(length)}ee";

    private static string Several(string name, string[] path, int length) =>
        $"d4:infod{Files(path, length)}{Entry("name", name)}{Pieces(length + Other)}ee";

    private static string Hybrid(string[] tree, string[] list, int length) => Layered(
        $"{Tree(tree, length)}{Files(list, length, Padding(length))}{Entry("meta version", 2)}{Entry("name", "n")}{Pieces(length + Other, length == 0 ? 1 : 2)}");

    private static string Version2(string[] tree, int length) =>
        Layered($"{Tree(tree, length)}{Entry("meta version", 2)}{Entry("name", "n")}{Entry("piece length", PieceLength)}");

    private static string Layered(string info) => $"d4:infod{info}e12:piece layersdee";

    private static string Tree(string[] path, int length)
    {
        string tree = path.Reverse().Aggregate($"d0:{Leaf(length)}e", (inner, name) => $"d{Text(name)}{inner}e");
        return $"{Text("file tree")}{tree[..^1]}{Text("z")}d0:{Leaf(Other)}ee";
    }

    private static string Files(string[] path, int length, string padding = "") =>
        $"5:filesl{File(path, length)}{padding}{File(["z"], Other)}e";

    /// <summary>Padding to the end of the piece: each file of a hybrid starts a piece.</summary>
    private static string Padding(int length) =>
        length == 0 ? "" : $"d{Entry("attr", "p")}{Entry("length", PieceLength - length)}4:pathl{Text(".pad")}{Text($"{PieceLength - length}")}ee";

    private static string File(string[] path, int length) => $"d6:lengthi{length}e4:pathl{string.Concat(path.Select(Text))}ee";

    private static string Leaf(int length) => length == 0 ? "d6:lengthi0ee" : $"d6:lengthi{length}e{Entry("pieces root", new string('r', 32))}e";

    private static string Pieces(int size, int count = 1) =>
        Entry("piece length", PieceLength) + Entry("pieces", new string('a', size == 0 ? 0 : 20 * count));

    private static string Entry(string key, string text) => Text(key) + Text(text);

    private static string Entry(string key, int number) => $"{Text(key)}i{number}e";

    private static string Text(string text) => $"{text.Length}:{text}";
}
