using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Tests.Storage;

/// <summary>The portable fallback, tested on every system where links can be made.</summary>
public sealed class PortableFilesTests : IDisposable
{
    private readonly TempFolder _temp = TempFolder.WithOursAndTheirs();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Files_are_opened_made_moved_and_deleted()
    {
        Open("folder/file", FileMode.Open);
        Open("folder/new", FileMode.OpenOrCreate);
        PortableFiles.MakeFolder(_temp["top"], _temp["top", "a", "b"], permissions: null);
        PortableFiles.Move(_temp["top"], _temp["top", "folder", "file"], _temp["top"], _temp["top", "a", "b", "moved"], overwrite: false, static _ => { });
        Assert.Equal(FileKind.Regular, PortableFiles.Find(_temp["top"], _temp["top", "a", "b", "moved"])!.Value.Kind);
        Assert.Equal(FileKind.Folder, PortableFiles.Find(_temp["top"], _temp["top", "a", "b"])!.Value.Kind);
        PortableFiles.Delete(_temp["top"], _temp["top", "a", "b", "moved"], static _ => { });
        Assert.Null(PortableFiles.Find(_temp["top"], _temp["top", "a", "b", "moved"]));
        PortableFiles.DeleteFolder(_temp["top"], _temp["top", "a", "b"]);
        Assert.False(Directory.Exists(_temp["top", "a", "b"]));
        Assert.Throws<FileNotFoundException>(() => Open("none", FileMode.Open));
    }

    [Fact]
    [NeedsLinks]
    public void Nothing_is_done_through_a_link_to_a_file_or_folder()
    {
        HostileFiles.ReplaceWithLink(_temp["top", "folder"], _temp["elsewhere"]);
        File.CreateSymbolicLink(_temp["top", "link"], _temp["elsewhere", "file"]);
        File.CreateSymbolicLink(_temp["top", "dangling"], _temp["elsewhere", "new"]);

        Assert.Throws<UnsafeFileException>(() => Open("folder/file", FileMode.Open));
        Assert.Throws<UnsafeFileException>(() => Open("folder/new", FileMode.OpenOrCreate));
        Assert.Throws<UnsafeFileException>(() => Open("link", FileMode.OpenOrCreate));
        Assert.Throws<UnsafeFileException>(() => Open("dangling", FileMode.OpenOrCreate));
        Assert.Throws<UnsafeFileException>(() => PortableFiles.MakeFolder(_temp["top"], _temp["top", "folder", "made"], permissions: null));
        Assert.Throws<UnsafeFileException>(() => PortableFiles.Delete(_temp["top"], _temp["top", "folder", "file"], static _ => { }));
        Assert.Throws<UnsafeFileException>(() => PortableFiles.DeleteFolder(_temp["top"], _temp["top", "folder"]));
        Assert.Throws<UnsafeFileException>(
            () => PortableFiles.Move(_temp["top"], _temp["top", "link"], _temp["top"], _temp["top", "moved"], overwrite: false, static _ => { }));
        Assert.Equal(FileKind.Link, PortableFiles.Find(_temp["top"], _temp["top", "link"])!.Value.Kind);
        Assert.Equal([_temp["elsewhere", "file"]], Directory.GetFileSystemEntries(_temp["elsewhere"]));
        Assert.Equal("theirs", File.ReadAllText(_temp["elsewhere", "file"]));
    }

    private void Open(string name, FileMode mode)
    {
        using SafeFileHandle file = PortableFiles.Open(
            _temp["top"], Path.Combine(_temp["top"], name), mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, permissions: null);
    }
}
