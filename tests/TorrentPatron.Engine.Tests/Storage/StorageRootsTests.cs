using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class StorageRootsTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly IDisposable _hold;

    public StorageRootsTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        Directory.CreateDirectory(_temp["root", "user", "torrent"]);
        Directory.CreateDirectory(_temp["elsewhere", "torrent"]);
        File.WriteAllText(_temp["elsewhere", "torrent", "file"], "theirs");
        _hold = StorageRoots.Hold([_temp["root"]]);
    }

    private string Destination => _temp["root", "user", "torrent"];

    private string FilePath => Path.Combine(Destination, "file");

    public void Dispose()
    {
        _hold.Dispose();
        _temp.Dispose();
    }

    [Theory]
    [InlineData("root", true)]
    [InlineData("root/", true)]
    [InlineData("root/user/x", true)]
    [InlineData("root/../root/x", true)]
    [InlineData("root/user/../../elsewhere", false)]
    [InlineData("root/..", false)]
    [InlineData("root2", false)]
    [InlineData("elsewhere", false)]
    public void A_path_is_below_a_root_by_its_elements(string path, bool isBelow) =>
        Assert.Equal(isBelow, StorageRoots.Contain([_temp["root"]], Path.Join(_temp.Path, path)));

    [Fact]
    public void A_link_that_takes_the_place_of_a_folder_above_the_destination_is_not_followed()
    {
        ReplaceWithLink();

        Assert.Throws<UnsafeFileException>(() => GuardedFile.Open(Destination, FilePath, FileMode.Open, FileAccess.Read).Dispose());
        Assert.Throws<UnsafeFileException>(() => GuardedFile.Open(Destination, Path.Combine(Destination, "new"), FileMode.CreateNew, FileAccess.Write).Dispose());
        Assert.Throws<UnsafeFileException>(() => GuardedFile.MakeFolder(Destination, Path.Combine(Destination, "folder")));
        Assert.Throws<UnsafeFileException>(() => GuardedFile.MakeTop(Path.Combine(Destination, "folder")));
        Assert.Throws<UnsafeFileException>(() => GuardedFile.Delete(Destination, FilePath));
        Assert.Throws<UnsafeFileException>(() => GuardedFile.Move(Destination, FilePath, _temp["root"], _temp["root", "stolen"]));
        Assert.Throws<UnsafeFileException>(() => GuardedFile.DeleteFolder(Path.Combine(_temp["root"], "user"), Destination));
        Assert.Equal(Path.Combine(_temp["root"], "user"), StorageRoots.FindLink([_temp["root"]], FilePath));

        Assert.Equal([_temp["elsewhere", "torrent", "file"]], Directory.GetFileSystemEntries(_temp["elsewhere", "torrent"]));
        Assert.Equal("theirs", File.ReadAllText(_temp["elsewhere", "torrent", "file"]));
    }

    [Fact]
    public void A_link_in_the_place_of_a_torrents_file_is_not_read_through()
    {
        File.CreateSymbolicLink(FilePath, _temp["elsewhere", "torrent", "file"]);
        Assert.Throws<UnsafeFileException>(() => GuardedFile.OpenLinked(FilePath).Dispose());

        _hold.Dispose();
        GuardedFile.OpenLinked(FilePath).Dispose();
    }

    [Fact]
    public void A_root_may_be_a_link()
    {
        Directory.CreateSymbolicLink(_temp["alias"], _temp["root"]);
        using IDisposable hold = StorageRoots.Hold([_temp["alias"]]);
        string top = _temp["alias", "user", "torrent"];
        GuardedFile.Open(top, Path.Combine(top, "file"), FileMode.CreateNew, FileAccess.Write).Dispose();
        Assert.True(File.Exists(FilePath));
        Assert.Null(StorageRoots.FindLink([_temp["alias"]], top));
    }

    [Fact]
    public async Task A_folder_that_alternates_with_a_link_leads_nowhere_else()
    {
        using var ending = new CancellationTokenSource();
        Task swapping = Task.Run(() =>
        {
            while (!ending.IsCancellationRequested)
            {
                try
                {
                    ReplaceWithLink();
                }
                catch (IOException)
                {
                    // A folder has been made in its place.
                }

                while (Directory.Exists(_temp["root", "away"]))
                    SwapBack();
            }
        }, TestContext.Current.CancellationToken);
        int made = 0, refused = 0;
        for (int i = 0; i < 20_000 && (made < 50 || refused < 50); i++)
        {
            string folder = Path.Combine(Destination, $"f{i}");
            try
            {
                GuardedFile.MakeFolder(Destination, folder);
                GuardedFile.OpenOrMake(Destination, Path.Combine(folder, "x"), FileMode.OpenOrCreate, FileAccess.Write).Dispose();
                GuardedFile.Move(Destination, Path.Combine(folder, "x"), Destination, Path.Combine(Destination, $"x{i}"));
                made++;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                refused++;
            }
        }

        await ending.CancelAsync();
        await swapping;
        Assert.Equal([_temp["elsewhere", "torrent", "file"]], Directory.GetFileSystemEntries(_temp["elsewhere", "torrent"]));
        Assert.True(made > 0 && refused > 0, $"{made} were made, {refused} were refused.");
    }

    private void SwapBack()
    {
        string user = _temp["root", "user"];
        try
        {
            if (new FileInfo(user).LinkTarget is not null)
                File.Delete(user);
            else if (Directory.Exists(user))
                Directory.Delete(user, recursive: true);
            Directory.Move(_temp["root", "away"], user);
        }
        catch (IOException)
        {
            // Something has been made in it or in its place.
        }
    }

    private void ReplaceWithLink()
    {
        Directory.Move(_temp["root", "user"], _temp["root", "away"]);
        Directory.CreateSymbolicLink(_temp["root", "user"], _temp["elsewhere"]);
    }
}
