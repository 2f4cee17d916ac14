using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class GuardedFolderTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Files_go_to_the_opened_folder_even_if_a_link_has_taken_its_name()
    {
        Assert.SkipUnless(HostileFiles.CanMakePipes, "This system cannot open files relative to an open folder.");
        Directory.CreateDirectory(_temp["elsewhere"]);
        using var folder = GuardedFolder.Make(_temp["top"], _temp["top", "folder"], Owner | UnixFileMode.UserExecute);
        Directory.Move(_temp["top", "folder"], _temp["top", "moved"]);
        Directory.CreateSymbolicLink(_temp["top", "folder"], _temp["elsewhere"]);

        using (SafeFileHandle file = folder.OpenFile("new", FileMode.CreateNew, FileAccess.Write, FileShare.None, Owner))
            RandomAccess.Write(file, "ours"u8, 0);
        folder.Replace("new", "file");
        Assert.Equal("ours", File.ReadAllText(_temp["top", "moved", "file"]));
        folder.Delete("file");
        Assert.Empty(Directory.GetFileSystemEntries(_temp["top", "moved"]));
        Assert.Empty(Directory.GetFileSystemEntries(_temp["elsewhere"]));
    }

    [Fact]
    public void A_link_in_a_files_place_is_neither_opened_nor_renamed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        File.WriteAllText(_temp["theirs"], "theirs");
        using var folder = GuardedFolder.Make(_temp["top"], _temp["top", "folder"], Owner | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(_temp["top", "folder", "link"], _temp["theirs"]);

        Assert.Throws<UnsafeFileException>(() => folder.OpenFile("link", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, Owner));
        Assert.ThrowsAny<IOException>(() => folder.OpenFile("link", FileMode.CreateNew, FileAccess.Write, FileShare.None, Owner));
        Assert.Throws<UnsafeFileException>(() => folder.Replace("link", "file"));
        Assert.Throws<UnsafeFileException>(() => GuardedFolder.OpenFile(
            _temp["top"], _temp["top", "folder", "link"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite, Owner, needsFolder: false));
        Assert.Equal("theirs", File.ReadAllText(_temp["theirs"]));
    }

    [Fact]
    public void A_file_is_read_in_full_with_its_identity()
    {
        Directory.CreateDirectory(_temp["top", "folder"]);
        string path = _temp["top", "folder", "file"];
        byte[] content = new byte[100_000];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(path, content);
        DateTime written = new(2020, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, written);

        Assert.Equal(content, GuardedFolder.ReadFile(_temp["top"], path, content.Length, out FileStamp stamp));
        Assert.Equal(new FileStamp(content.Length, written), stamp);
        Assert.Equal(new FileStamp(content.Length, File.GetLastWriteTimeUtc(path)), stamp);
        Assert.Throws<InvalidDataException>(() => GuardedFolder.ReadFile(_temp["top"], path, content.Length - 1, out _));

        File.WriteAllBytes(path, []);
        Assert.Empty(GuardedFolder.ReadFile(_temp["top"], path, 10, out stamp)!);
        Assert.Equal(0, stamp.Length);
        Assert.Null(GuardedFolder.ReadFile(_temp["top"], _temp["top", "folder", "none"], 10, out _));
        Assert.Null(GuardedFolder.ReadFile(_temp["top"], _temp["top", "none", "none"], 10, out _));
    }

    [Fact]
    public void A_link_in_the_place_of_a_file_is_not_read()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        Directory.CreateDirectory(_temp["top"]);
        File.WriteAllText(_temp["theirs"], "theirs");
        File.CreateSymbolicLink(_temp["top", "link"], _temp["theirs"]);

        Assert.Throws<UnsafeFileException>(() => GuardedFolder.ReadFile(_temp["top"], _temp["top", "link"], 10, out _));
    }

    [Fact]
    public void A_world_writable_folder_is_refused_even_if_it_was_chosen()
    {
        if (OperatingSystem.IsWindows())
            return;
        const UnixFileMode Everybody = Owner | UnixFileMode.UserExecute | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        Directory.CreateDirectory(_temp["top", "folder"]);
        File.SetUnixFileMode(_temp["top", "folder"], Everybody);
        Assert.Throws<WorldWritableException>(() => GuardedFolder.Make(_temp["top"], _temp["top", "folder"], Owner));
        File.SetUnixFileMode(_temp["top", "folder"], Owner | UnixFileMode.UserExecute);
        File.SetUnixFileMode(_temp["top"], Everybody);
        Assert.Throws<WorldWritableException>(() => GuardedFolder.Make(_temp["top"], _temp["top", "folder"], Owner));
    }

    [Fact]
    public void Missing_files_are_distinguished_where_that_matters()
    {
        using var folder = GuardedFolder.Make(_temp["top"], _temp["top", "folder"], Owner | UnixFileMode.UserExecute);
        Assert.Throws<FileNotFoundException>(() => folder.OpenFile("none", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, Owner));
        Assert.Null(Open("none", needsFolder: true));
        Assert.Null(Open("folder/none", needsFolder: true));
        Assert.Throws<DirectoryNotFoundException>(() => Open("none/none", needsFolder: true)?.Dispose());
        if (PosixFiles.AreSupported)
            Assert.Null(Open("none/none", needsFolder: false));
    }

    private SafeFileHandle? Open(string name, bool needsFolder) => GuardedFolder.OpenFile(
        _temp["top"], _temp[["top", .. name.Split('/')]], FileMode.Open, FileAccess.Read, FileShare.ReadWrite, Owner, needsFolder);
}
