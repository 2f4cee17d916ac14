using TorrentPatron.Protocol;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service.Tests.State;

/// <summary>Another program, such as a virus scanner, has a file of the state folder open for a moment.</summary>
public sealed class ForeignHolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("held").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_briefly_open_claim_is_not_reported_as_in_use()
    {
        Assert.True(TorrentId.TryParse(new string('a', 40), out TorrentId torrent));
        string folder = Path.Combine(_folder, torrent.ToString());
        var holder = new StateHolder(_folder);
        TorrentClaim.Take(folder, torrent, holder).Dispose();
        var foreign = new FileStream(Path.Combine(folder, "claim"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        using var timer = new Timer(_ => foreign.Dispose(), null, TimeSpan.FromMilliseconds(400), Timeout.InfiniteTimeSpan);

        using TorrentClaim claim = TorrentClaim.Take(folder, torrent, holder);

        Assert.False(TorrentClaim.IsHeldByOther(folder, holder));
    }

    [Theory]
    [InlineData(FileShare.Read)]
    [InlineData(FileShare.None)]
    public void Saving_replaces_a_file_as_soon_as_its_reader_closes_it(FileShare share)
    {
        string folder = Path.Combine(_folder, new string('a', 40)), path = Path.Combine(folder, "resume");
        StateFile.MakeFolders(_folder, folder);
        StateFile.Write(_folder, path, "old"u8, flush: false);
        var foreign = new FileStream(path, FileMode.Open, FileAccess.Read, share);
        using var timer = new Timer(_ => foreign.Dispose(), null, TimeSpan.FromMilliseconds(400), Timeout.InfiniteTimeSpan);

        StateFile.Write(_folder, path, "new"u8, flush: false);

        Assert.Equal("new"u8.ToArray(), StateFile.Read(_folder, path, maxBytes: 10));
        Assert.Equal([path], Directory.GetFiles(folder));
    }
}
