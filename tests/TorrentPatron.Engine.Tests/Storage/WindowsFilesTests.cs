using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Tests.Storage;

[SupportedOSPlatform("windows")]
public sealed class WindowsFilesTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public WindowsFilesTests() => Assert.SkipUnless(OperatingSystem.IsWindows(), "The test calls Windows.");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void The_file_deleted_or_moved_is_the_one_examined()
    {
        File.WriteAllText(_temp["a"], "ours");
        FileNode seen = GuardedFile.Find(_temp.Path, _temp["a"])!.Value;
        Assert.Equal((FileKind.Regular, 4, 1u), (seen.Kind, seen.Length, seen.Links));
        Assert.NotNull(seen.Identity);
        File.Move(_temp["a"], _temp["old"]);
        File.WriteAllText(_temp["a"], "theirs");

        Assert.Throws<IOException>(() => GuardedFile.Delete(_temp.Path, _temp["a"], seen));
        Assert.Throws<IOException>(() => GuardedFile.Move(_temp.Path, _temp["a"], _temp.Path, _temp["b"], seen));
        Assert.Equal("theirs", File.ReadAllText(_temp["a"]));
        GuardedFile.Move(_temp.Path, _temp["old"], _temp.Path, _temp["b"], seen);
        GuardedFile.Delete(_temp.Path, _temp["b"], seen);
        Assert.Equal([_temp["a"]], Directory.GetFileSystemEntries(_temp.Path));
        Assert.Null(GuardedFile.Find(_temp.Path, _temp["b"]));
        Assert.Throws<DirectoryNotFoundException>(() => GuardedFile.Find(_temp.Path, _temp["none", "b"]));
    }

    [Fact]
    public void A_rename_replaces_a_file_only_on_request()
    {
        File.WriteAllText(_temp["a"], "new");
        File.WriteAllText(_temp["b"], "old");

        Assert.ThrowsAny<IOException>(() => GuardedFile.Move(_temp.Path, _temp["a"], _temp.Path, _temp["b"]));
        Assert.Equal("old", File.ReadAllText(_temp["b"]));
        GuardedFile.Move(_temp.Path, _temp["a"], _temp.Path, _temp["b"], overwrite: true);

        Assert.Equal("new", File.ReadAllText(_temp["b"]));
        Assert.Throws<FileNotFoundException>(() => GuardedFile.Move(_temp.Path, _temp["a"], _temp.Path, _temp["c"]));
    }

    [Fact]
    public void A_file_in_use_by_another_program_is_reported_as_such()
    {
        using (new FileStream(_temp["a"], FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.True(SharingViolation.Is(Assert.ThrowsAny<IOException>(() => GuardedFile.Open(_temp.Path, _temp["a"], FileMode.Open, FileAccess.Read))));
            Assert.True(SharingViolation.Is(Assert.ThrowsAny<IOException>(
                () => SharingViolation.Retry(() => GuardedFile.Delete(_temp.Path, _temp["a"], null), static _ => false))));
            Assert.True(SharingViolation.Is(Assert.ThrowsAny<IOException>(
                () => GuardedFile.Move(_temp.Path, _temp["a"], _temp.Path, _temp["b"], overwrite: true))));
            Assert.Equal(FileKind.Regular, GuardedFile.Find(_temp.Path, _temp["a"])!.Value.Kind);
        }

        GuardedFile.Delete(_temp.Path, _temp["a"]);
        Assert.False(File.Exists(_temp["a"]));
    }

    [Fact]
    public void The_existing_part_of_a_path_is_resolved_and_the_rest_is_unchanged()
    {
        Directory.CreateDirectory(_temp["Folder"]);
        File.WriteAllText(_temp["Folder", "a"], "");

        Assert.Equal(_temp["Folder", "a"], WindowsFiles.FinalPath(_temp["Folder", "a"]), ignoreCase: true);
        Assert.Equal(_temp["Folder", "not", "there"], RealPath.Of(_temp["Folder", "not", "there"]), ignoreCase: true);
        Assert.Equal(RealPath.Of(_temp["Folder"]), RealPath.Of(_temp["Folder"] + "\\"));
        Assert.Equal(FileKind.Regular, GuardedFile.Find(_temp.Path, _temp["Folder"].Replace('\\', '/') + "/./a")!.Value.Kind);
        Assert.InRange(WindowsFiles.AvailableBytes(_temp.Path), 1, long.MaxValue);
        using SafeFileHandle file = GuardedFile.Open(_temp.Path, _temp["Folder", "a"], FileMode.Open, FileAccess.Read);
        Assert.NotNull(WindowsFiles.FileSystemOf(file));
    }

    [Fact]
    public void Bytes_of_a_file_are_found_wherever_holes_are()
    {
        using (SafeFileHandle file = GuardedFile.Open(_temp.Path, _temp["a"], FileMode.CreateNew, FileAccess.ReadWrite))
        {
            SparseFile.Allow(file);
            RandomAccess.SetLength(file, 10 << 20);
            RandomAccess.Write(file, [1], 5 << 20);
            RandomAccess.FlushToDisk(file);

            Assert.InRange(SparseFile.NextData(file, 0), 0, 5 << 20);
            Assert.Equal(5 << 20, SparseFile.NextData(file, 5 << 20));
            Assert.InRange(SparseFile.AllocatedBytes(file, 10 << 20), 1, 10 << 20);
        }
    }
}
