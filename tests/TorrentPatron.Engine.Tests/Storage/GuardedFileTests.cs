using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class GuardedFileTests : IDisposable
{
    private readonly TempFolder _temp = TempFolder.WithOursAndTheirs();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_system_call_interrupted_by_a_signal_is_repeated_but_not_for_ever()
    {
        const int Interrupted = 4;
        int calls = 0;
        Assert.Equal(7, PosixFiles.Repeat(() =>
        {
            Marshal.SetLastPInvokeError(Interrupted);
            return ++calls < 5 ? -1 : 7;
        }));
        Assert.Equal(5, calls);

        calls = 0;
        Assert.Equal(-1, PosixFiles.Repeat(() =>
        {
            calls++;
            Marshal.SetLastPInvokeError(Interrupted);
            return -1;
        }));
        Assert.Equal(1_000, calls);

        calls = 0;
        Assert.Equal(-1, PosixFiles.Repeat(() =>
        {
            calls++;
            Marshal.SetLastPInvokeError(PosixFiles.Enoent);
            return -1;
        }));
        Assert.Equal(1, calls);
    }

    [Theory]
    [InlineData(FileMode.Open, FileAccess.Read)]
    [InlineData(FileMode.OpenOrCreate, FileAccess.ReadWrite)]
    [InlineData(FileMode.CreateNew, FileAccess.Write)]
    public void Nothing_is_opened_or_made_through_a_link_to_a_file_or_folder(FileMode mode, FileAccess access)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        HostileFiles.ReplaceWithLink(_temp["top", "folder"], _temp["elsewhere"]);
        File.CreateSymbolicLink(_temp["top", "link"], _temp["elsewhere", "file"]);
        File.CreateSymbolicLink(_temp["top", "dangling"], _temp["elsewhere", "new"]);

        Assert.ThrowsAny<IOException>(() => Open("folder/file", mode, access));
        Assert.ThrowsAny<IOException>(() => Open("folder/new", mode, access));
        Assert.ThrowsAny<IOException>(() => Open("link", mode, access));
        Assert.ThrowsAny<IOException>(() => Open("dangling", mode, access));
        Assert.Equal([_temp["elsewhere", "file"]], Directory.GetFileSystemEntries(_temp["elsewhere"]));
        Assert.Equal("theirs", File.ReadAllText(_temp["elsewhere", "file"]));
    }

    [Fact]
    public void The_top_folder_may_be_a_link_and_missing_folders_are_made()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        Directory.CreateSymbolicLink(_temp["top link"], _temp["top"]);
        GuardedFile.OpenOrMake(_temp["top link"], _temp["top link", "a", "b", "c"], FileMode.OpenOrCreate, FileAccess.ReadWrite).Dispose();
        Assert.True(File.Exists(_temp["top", "a", "b", "c"]));
    }

    [Theory]
    [InlineData(FileAccess.Read)]
    [InlineData(FileAccess.Write)]
    [InlineData(FileAccess.ReadWrite)]
    public async Task A_pipe_is_refused_at_once(FileAccess access)
    {
        Assert.SkipUnless(HostileFiles.CanMakePipes, "This system has no named pipes in its file system.");
        HostileFiles.MakePipe(_temp["top", "pipe"]);
        Task opening = Task.Run(() => Open("pipe", FileMode.OpenOrCreate, access), TestContext.Current.CancellationToken);
        UnsafeFileException refused = await Assert.ThrowsAsync<UnsafeFileException>(
            () => opening.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.False(refused.IsLink);
        Assert.Throws<UnsafeFileException>(() => GuardedFile.OpenFollowing(_temp["top", "pipe"]));
    }

    [Fact]
    public void A_missing_file_or_a_folder_fails_as_in_dotnet()
    {
        Assert.Throws<FileNotFoundException>(() => Open("none", FileMode.Open, FileAccess.Read));
        Assert.Throws<DirectoryNotFoundException>(() => Open("none/file", FileMode.Open, FileAccess.Read));
        Assert.Throws<UnauthorizedAccessException>(() => Open("folder", FileMode.Open, FileAccess.Read));
        Assert.Throws<UnauthorizedAccessException>(() => Open("folder", FileMode.Open, FileAccess.ReadWrite));
        Assert.ThrowsAny<IOException>(() => Open("folder/file", FileMode.CreateNew, FileAccess.Write));
        Assert.ThrowsAny<IOException>(() => Open("folder/file/below", FileMode.Open, FileAccess.Read));
    }

    [Fact]
    public void Exclusive_access_fails_while_others_have_the_file_open_and_vice_versa()
    {
        string path = _temp["top", "folder", "file"];
        using (GuardedFile.Open(_temp["top"], path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            IOException ours = Assert.Throws<IOException>(
                () => GuardedFile.Open(_temp["top"], path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            IOException theirs = Assert.Throws<IOException>(() => File.OpenHandle(path));
            Assert.Equal(theirs.HResult, ours.HResult);
        }

        using SafeFileHandle held = File.OpenHandle(path);
        Assert.Throws<IOException>(
            () => GuardedFile.Open(_temp["top"], path, FileMode.Open, FileAccess.ReadWrite, FileShare.None));
    }

    [Fact]
    public void A_lock_does_not_block_our_access_to_a_deletable_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows locks apply to all programs.");
        using SafeFileHandle held = File.OpenHandle(_temp["top", "folder", "file"], share: FileShare.None);
        Open("folder/file", FileMode.Open, FileAccess.Read);
        Open("folder/file", FileMode.OpenOrCreate, FileAccess.ReadWrite);
        GuardedFile.OpenFollowing(_temp["top", "folder", "file"]).Dispose();
    }

    [Fact]
    public void A_created_file_has_the_requested_permissions()
    {
        if (OperatingSystem.IsWindows())
            return;
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        GuardedFile.Open(_temp["top"], _temp["top", "new"], FileMode.CreateNew, FileAccess.Write, permissions: Owner).Dispose();
        Assert.Equal(Owner, File.GetUnixFileMode(_temp["top", "new"]));
    }

    [Fact]
    public void Only_the_examined_file_is_deleted_or_moved()
    {
        Assert.SkipUnless(HostileFiles.CanMakePipes, "This system does not identify files.");
        FileNode seen = GuardedFile.Find(_temp["top"], _temp["top", "folder", "file"])!.Value;
        File.Move(_temp["top", "folder", "file"], _temp["top", "folder", "aside"]);
        File.WriteAllText(_temp["top", "folder", "file"], "somebody else's");

        Assert.Throws<IOException>(() => GuardedFile.Delete(_temp["top"], _temp["top", "folder", "file"], seen));
        Assert.Throws<IOException>(
            () => GuardedFile.Move(_temp["top"], _temp["top", "folder", "file"], _temp["top"], _temp["top", "moved"], seen));
        Assert.True(File.Exists(_temp["top", "folder", "file"]));

        GuardedFile.Move(_temp["top"], _temp["top", "folder", "aside"], _temp["top"], _temp["top", "moved"], seen);
        GuardedFile.Delete(_temp["top"], _temp["top", "moved"], seen);
        Assert.False(File.Exists(_temp["top", "moved"]));
    }

    [Fact]
    public void A_file_keeps_its_identity_if_its_number_changes_but_not_its_length_and_time()
    {
        var seen = new FileNode { Kind = FileKind.Regular, Identity = new FileIdentity(1, 2), Length = 3, LastWrite = (4, 5) };
        Assert.True((seen with { Identity = new FileIdentity(1, 9) }).IsStill(seen));
        Assert.True((seen with { LastWrite = (4, 6) }).IsStill(seen));
        Assert.True(seen.IsStill(seen with { Identity = null }));
        Assert.False((seen with { Identity = new FileIdentity(1, 9), LastWrite = (4, 6) }).IsStill(seen));
        Assert.False((seen with { Identity = new FileIdentity(1, 9), Length = 4 }).IsStill(seen));
        Assert.False((seen with { Identity = new FileIdentity(9, 2) }).IsStill(seen));
        Assert.False((seen with { Kind = FileKind.Link }).IsStill(seen));
    }

    [Theory]
    [InlineData(1000, 1000, null, true)]
    [InlineData(0, 1000, null, true)]
    [InlineData(1000, 0, null, true)]
    [InlineData(1001, 1000, 1001, true)]
    [InlineData(1001, 1000, 1000, false)]
    [InlineData(1001, 1000, null, false)]
    public void An_owner_is_trusted_if_it_is_this_user_root_or_the_owner_of_files_that_this_user_creates(int owner, int user, int? ownerOfNew, bool isTrusted) =>
        Assert.Equal(isTrusted, FileOwner.IsTrusted((uint)owner, (uint)user, () => (uint?)ownerOfNew));

    [Fact]
    public void Nothing_is_deleted_moved_or_created_through_a_link_and_nothing_is_overwritten()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        File.WriteAllText(_temp["top", "file"], "ours");
        File.WriteAllText(_temp["top", "taken"], "ours too");
        Assert.ThrowsAny<IOException>(() => GuardedFile.Move(_temp["top"], _temp["top", "file"], _temp["top"], _temp["top", "taken"]));
        Assert.Equal("ours too", File.ReadAllText(_temp["top", "taken"]));

        HostileFiles.ReplaceWithLink(_temp["top", "folder"], _temp["elsewhere"]);
        Assert.ThrowsAny<IOException>(() => GuardedFile.Delete(_temp["top"], _temp["top", "folder", "file"]));
        Assert.ThrowsAny<IOException>(() => GuardedFile.Move(_temp["top"], _temp["top", "folder", "file"], _temp["top"], _temp["top", "got"]));
        Assert.ThrowsAny<IOException>(() => GuardedFile.Move(_temp["top"], _temp["top", "file"], _temp["top"], _temp["top", "folder", "put"]));
        Assert.ThrowsAny<IOException>(() => GuardedFile.MakeFolder(_temp["top"], _temp["top", "folder", "made"]));
        Assert.ThrowsAny<IOException>(() => GuardedFile.DeleteFolder(_temp["top"], _temp["top", "folder"]));
        Assert.Equal([_temp["elsewhere", "file"]], Directory.GetFileSystemEntries(_temp["elsewhere"]));
    }

    private void Open(string name, FileMode mode, FileAccess access) =>
        GuardedFile.Open(_temp["top"], _temp[["top", .. name.Split('/')]], mode, access).Dispose();
}
