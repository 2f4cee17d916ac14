using System.Text;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Torrents full of names that clash on some or all file systems.</summary>
internal sealed class FilePathsTarget : IFuzzTarget
{
    public string Name => "file-paths";

    public IMutator Mutator { get; } = new FilesMutator();

    public long AllowedBytes(int length) => 4096 * 1024 + (2000L * length);

    public bool Run(byte[] input)
    {
        TorrentMetainfo torrent;
        try
        {
            torrent = MetainfoReader.Read(input);
        }
        catch (MetainfoException)
        {
            return false;
        }

        PathRules.CheckFiles(torrent);
        string destination = Path.GetFullPath(Path.Combine(Path.DirectorySeparatorChar.ToString(), "some", "where"));
        var layout = new FileLayout(torrent, destination);
        foreach (StorageFile file in layout.Files)
        {
            Property.Holds(file.FullPath.StartsWith(destination + Path.DirectorySeparatorChar, StringComparison.Ordinal), "files lie below the destination");
            Property.Holds(!string.Equals(file.FullPath, layout.PartsPath, StringComparison.OrdinalIgnoreCase), "no file is the parts file");
            Property.Holds(
                file.RawPath is null || file.RawPath.StartsWith(destination + Path.DirectorySeparatorChar, StringComparison.Ordinal),
                "raw paths lie below the destination");
            Property.Holds(file.RawPath?.Any(char.IsControl) != true, "raw paths have no control characters");
        }

        return true;
    }

    /// <summary>Files of v1 or v2 torrents whose paths use few names, so that they clash.</summary>
    private sealed class FilesMutator : IMutator
    {
        public byte[] Make(Random random)
        {
            byte[][] names = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => HostileText.Make(random))];
            var files = new List<BencodeNode>();
            for (int i = random.Next(1, 20); i > 0; i--)
            {
                IEnumerable<BencodeNode> path = Enumerable.Range(0, random.Next(1, random.Next(20) == 0 ? 300 : 5))
                    .Select(_ => BencodeNode.Text(Vary(names[random.Next(names.Length)], random)));
                var file = new BencodeNode { Head = [(byte)'d'], Children = [] };
                if (random.Next(10) == 0)
                    file.Children.AddRange([BencodeNode.Text("attr"u8), BencodeNode.Text(random.Next(2) == 0 ? "p"u8 : "l"u8)]);
                file.Children.AddRange(
                    [BencodeNode.Text("length"u8), BencodeNode.Raw("i0e"), BencodeNode.Text("path"u8), BencodeNode.List(path)]);
                if (random.Next(10) == 0)
                    file.Children.AddRange([BencodeNode.Text("symlink path"u8), BencodeNode.List(path)]);
                files.Add(file);
            }

            var info = new BencodeNode { Head = [(byte)'d'], Children = [BencodeNode.Text("files"u8), BencodeNode.List(files)] };
            info.Children.AddRange([BencodeNode.Text("name"u8), BencodeNode.Text(HostileText.Make(random))]);
            info.Children.AddRange([BencodeNode.Text("piece length"u8), BencodeNode.Raw("i16384e")]);
            info.Children.AddRange([BencodeNode.Text("pieces"u8), BencodeNode.Raw("0:")]);
            return new BencodeNode { Head = [(byte)'d'], Children = [BencodeNode.Text("info"u8), info] }.ToBytes();
        }

        private static byte[] Vary(byte[] name, Random random) => random.Next(4) switch
        {
            0 => [.. name.Select(b => char.IsAsciiLetter((char)b) ? (byte)(b ^ 0x20) : b)],
            1 => [.. name, .. " (1)"u8],
            2 => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(name).Replace("é", "e\u0301", StringComparison.Ordinal)),
            _ => name,
        };
    }
}
