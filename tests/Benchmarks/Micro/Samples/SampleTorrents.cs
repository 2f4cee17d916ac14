using System.Buffers;
using System.Text;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Benchmarks.Micro.Samples;

/// <summary>Torrents to measure with. Their hashes are those of nothing.</summary>
internal static class SampleTorrents
{
    private const int FilesInFolder = 100;
    private const int FileLength = 123_456;
    private const int PieceLength = 256 * 1024;

    /// <summary>The paths of many files, a hundred in each folder.</summary>
    public static string[] Paths(int count) =>
        [.. Enumerable.Range(0, count).Select(i => $"folder {i / FilesInFolder:000}/track {i:00000} - some name.flac")];

    /// <summary>A torrent of many files, version 1.</summary>
    public static byte[] ManyFiles(int count) => new TorrentBuilder
    {
        Name = "many files",
        Files = [.. Paths(count).Select(path => new TorrentBuilderFile(path, FileLength))],
        PieceLength = PieceLength,
        PieceHashes = new byte[20 * (((long)count * FileLength + PieceLength - 1) / PieceLength)],
        TrackerTiers = [["http://tracker.example/announce"], ["udp://tracker.example:6969"]],
    }.Build();

    /// <summary>A torrent of one file, version 1.</summary>
    public static byte[] OneFile(int pieces, int pieceLength = PieceLength) => new TorrentBuilder
    {
        Name = "one file.bin",
        Files = [new TorrentBuilderFile(null, (long)pieces * pieceLength)],
        PieceLength = pieceLength,
        PieceHashes = new byte[20 * pieces],
        TrackerTiers = [["http://tracker.example/announce"]],
    }.Build();

    /// <summary>A torrent of many files, version 2.</summary>
    public static byte[] ManyFilesV2(int count)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        writer.WriteKey("info"u8);
        writer.BeginDictionary();
        writer.WriteKey("file tree"u8);
        writer.BeginDictionary();
        foreach (IGrouping<string, string> folder in Paths(count).GroupBy(path => path[..path.IndexOf('/', StringComparison.Ordinal)]))
        {
            writer.WriteKey(Encoding.UTF8.GetBytes(folder.Key));
            writer.BeginDictionary();
            foreach (string path in folder)
                WriteFile(writer, path[(folder.Key.Length + 1)..]);
            writer.End();
        }

        writer.End();
        writer.Write("meta version"u8, 2);
        writer.Write("name"u8, "many files");
        writer.Write("piece length"u8, PieceLength);
        writer.End();
        writer.End();
        return output.WrittenSpan.ToArray();
    }

    private static void WriteFile(BencodeWriter writer, string name)
    {
        writer.WriteKey(Encoding.UTF8.GetBytes(name));
        writer.BeginDictionary();
        writer.WriteKey(""u8);
        writer.BeginDictionary();
        writer.Write("length"u8, FileLength);
        writer.Write("pieces root"u8, new byte[32]);
        writer.End();
        writer.End();
    }
}
