using TorrentPatron.Protocol;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service.Tests.State;

/// <summary>Another program, such as a virus scanner, has a file of the state folder open for a moment.</summary>
public sealed class ForeignHolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("held").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_claim_that_somebody_looks_at_for_a_moment_does_not_read_as_a_torrent_in_use()
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
}
