using TorrentPatron.Service.State;

namespace TorrentPatron.Service.Tests.State;

public sealed class DhtStateFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dht-").FullName;

    [Fact]
    public void Saved_state_is_loaded_again_and_missing_folders_are_created()
    {
        string folder = Path.Combine(_folder, "not", "yet");
        new DhtStateFile(folder).Save([1, 2, 3]);
        Assert.Equal([1, 2, 3], new DhtStateFile(folder).Load()!);
        new DhtStateFile(folder).Save([4]);
        Assert.Equal([4], new DhtStateFile(folder).Load()!);
        Assert.Equal(["dht"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName));
    }

    [Fact]
    public void Without_a_file_nothing_is_loaded() => Assert.Null(new DhtStateFile(_folder).Load());

    [Fact]
    public void A_file_that_is_too_long_is_not_read()
    {
        File.WriteAllBytes(Path.Combine(_folder, "dht"), new byte[(64 * 1024) + 1]);
        Assert.Null(new DhtStateFile(_folder).Load());
    }

    [Fact]
    public void A_file_that_cannot_be_written_or_read_is_ignored()
    {
        string file = Path.Combine(_folder, "a file");
        File.WriteAllText(file, "");
        var store = new DhtStateFile(file);
        store.Save([1]);
        Assert.Null(store.Load());
        Directory.CreateDirectory(Path.Combine(_folder, "dht"));
        Assert.Null(new DhtStateFile(_folder).Load());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
