namespace TorrentPatron.Interop.Tests.Torrents;

/// <summary>The exchanged content; always the same bytes.</summary>
internal static class Payload
{
    /// <summary>Piece length of all torrents here.</summary>
    public const int PieceLength = 64 * 1024;

    private static readonly (string Path, int Length)[] Folder =
    [
        ("a first file.bin", (3 * PieceLength) + 1),
        ("empty.txt", 0),
        ("less than a piece.txt", 700),
        ("nested/deeper/deepest/spans many pieces.bin", (40 * PieceLength) + 12_345),
        ("nested/deeper/one byte.txt", 1),
        ("nested/exactly a piece.bin", PieceLength),
        ("unicode/Grüße aus Köln.txt", 1_234),
        ("unicode/日本語のファイル.bin", (2 * PieceLength) - 1),
        ("unicode/Ω≈ç√ 🎵/песня.bin", 99_999),
        ("z/last.bin", PieceLength / 2),
    ];

    /// <summary>Writes the content of a torrent of this shape.</summary>
    /// <param name="shape">One file with a short last piece, or a folder of all sorts of files.</param>
    /// <param name="below">The folder in which to write.</param>
    /// <returns>The path of the file or folder.</returns>
    public static string Write(Shape shape, string below) =>
        shape == Shape.SingleFile ? WriteFile(below, (128 * PieceLength) + 4_321) : WriteFolder(below);

    /// <summary>Writes a single file.</summary>
    /// <param name="below">The folder in which to write.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <returns>Its path.</returns>
    public static string WriteFile(string below, int length)
    {
        string path = Path.Combine(below, "a single file.bin");
        File.WriteAllBytes(path, Bytes(length));
        return path;
    }

    /// <summary>Fails unless a folder holds just these files, with the bytes that they have in another folder.</summary>
    /// <param name="files">The files' paths in both folders, in ordinal order.</param>
    /// <param name="expected">The folder with the correct bytes.</param>
    /// <param name="actual">The other folder.</param>
    public static void AssertSame(string[] files, string expected, string actual)
    {
        Assert.Equal(files, FilesBelow(actual));
        foreach (string file in files)
        {
            ReadOnlySpan<byte> right = File.ReadAllBytes(Path.Combine(expected, file));
            Assert.True(right.SequenceEqual(File.ReadAllBytes(Path.Combine(actual, file))), $"'{file}' has wrong bytes.");
        }
    }

    private static string WriteFolder(string below)
    {
        string folder = Path.Combine(below, "a folder — Ordner");
        foreach ((string name, int length) in Folder)
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, Bytes(length));
        }

        return folder;
    }

    private static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static string[] FilesBelow(string folder) =>
    [
        .. Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path))
            .Where(path => !path.EndsWith(".aria2", StringComparison.Ordinal)) // aria2's own file beside the content.
            .Order(StringComparer.Ordinal),
    ];
}
