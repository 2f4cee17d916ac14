using System.Text;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class RawLayoutTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void Locate_uses_a_raw_path_only_if_the_safe_one_is_free_and_the_file_is_complete()
    {
        if (OperatingSystem.IsWindows())
            return;
        FileLayout safe = Layout("a: b", 10, 10, 10, 10);
        Write("a: b/file0.bin", 10);
        Write("a: b/file1.bin", 9);
        Write("a: b/file2.bin", 10);
        Write("a_ b/file2.bin", 3);

        FileLayout layout = safe.Locate();

        Assert.Equal([true, false, false, false], layout.Files.Select(file => file.IsRaw));
        Assert.Equal(_folder["a: b", "file0.bin"], layout.Files[0].FullPath);
        Assert.Equal(_folder["a_ b"], layout.RootPath);
        File.Delete(_folder["a: b", "file0.bin"]);
        Assert.Same(safe, layout.Locate());
    }

    [Fact]
    public void Locate_uses_no_path_that_is_the_safe_path_of_another_file()
    {
        if (OperatingSystem.IsWindows())
            return;
        const string File = "d6:lengthi10e4:pathl2:";
        TorrentMetainfo metainfo = MetainfoReader.Read(Encoding.ASCII.GetBytes(
            $"d4:infod5:filesl{File}x:ee{File}x_eee4:name1:n12:piece lengthi10e6:pieces40:{new string('x', 40)}ee"));
        Assert.Equal(["n/x_", "n/x_ (1)"], metainfo.Files.Select(file => file.Path));
        Write("n/x_", 10);

        Assert.False(new FileLayout(metainfo, _folder.Path).Locate().HasRaw);
    }

    [Fact]
    public void LeaveRaw_leaves_files_that_lack_a_piece_and_those_that_share_pieces_with_them()
    {
        if (OperatingSystem.IsWindows())
            return;
        // Pieces of 10: 0 and 1 in the first file; 1 and 2 in the second; 3 in the third, 4 in the fourth.
        FileLayout safe = Layout("a: b", 15, 15, 10, 10);
        for (int file = 0; file < 4; file++)
            Write($"a: b/file{file}.bin", (int)safe.Files[file].Length);
        FileLayout all = safe.Locate();
        Assert.Equal(_folder["a: b"], all.RootPath);
        var verified = new Bitfield(5);
        verified.SetAll();
        Assert.Same(all, all.LeaveRaw(verified));
        verified.Clear(2);
        verified.Clear(4);

        FileLayout layout = all.LeaveRaw(verified);

        Assert.Equal([false, false, true, false], layout.Files.Select(file => file.IsRaw));
        Assert.Equal([3], Enumerable.Range(0, 5).Where(piece => verified[piece]));
        verified.ClearAll();
        Assert.Same(safe, layout.LeaveRaw(verified));
    }

    public void Dispose() => _folder.Dispose();

    private FileLayout Layout(string name, params long[] lengths) =>
        new(new SwarmTorrent(name, new byte[lengths.Sum()], 10, lengths).Metainfo, _folder.Path);

    private void Write(string path, int length)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[path])!);
        File.WriteAllBytes(_folder[path], new byte[length]);
    }
}
