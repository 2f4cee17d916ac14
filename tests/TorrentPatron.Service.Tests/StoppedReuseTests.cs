using System.Net;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests;

/// <summary>A new torrent copies data of stopped torrents, also of those that an earlier run stopped.</summary>
public sealed class StoppedReuseTests : IDisposable
{
    private const int Piece = 16384;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _temp = new();
    private readonly byte[] _shared = new byte[10 * Piece];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public StoppedReuseTests() => new Random(1).NextBytes(_shared);

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(MetainfoVersion.V1)]
    [InlineData(MetainfoVersion.V2)]
    public async Task A_new_torrent_copies_a_file_of_a_stopped_one(MetainfoVersion version)
    {
        (TorrentMetainfo first, TorrentMetainfo second) = await MakeAsync(version);
        await using TorrentService service = NewService();
        Patron patron = service.CreatePatron();
        await SeedAsync(patron, first);
        Assert.IsType<TorrentClosed>(await patron.CloseAsync(first.TorrentId, Token));

        Assert.Equal(_shared.Length, await ReusedAsync(patron, second));
    }

    [Theory]
    [InlineData(MetainfoVersion.V1)]
    [InlineData(MetainfoVersion.V2)]
    [InlineData(MetainfoVersion.Hybrid)]
    public async Task A_new_torrent_copies_a_file_of_a_torrent_that_an_earlier_run_saved(MetainfoVersion version)
    {
        (TorrentMetainfo first, TorrentMetainfo second) = await MakeAsync(version);
        await using (TorrentService earlier = NewService())
            await SeedAsync(earlier.CreatePatron(), first);

        await using TorrentService service = NewService();
        Patron patron = service.CreatePatron();

        Assert.Equal(_shared.Length, await ReusedAsync(patron, second));
        Assert.Equal(_shared, await File.ReadAllBytesAsync(_temp["into", "second", "shared.bin"], Token));
        Assert.Equal(second.TorrentId, TorrentIdOf(Assert.Single(patron.Statuses)));
    }

    [Fact]
    public async Task A_torrent_that_an_earlier_run_saved_gives_nothing_after_its_removal_or_outside_the_roots_of_the_service()
    {
        (TorrentMetainfo first, TorrentMetainfo second) = await MakeAsync(MetainfoVersion.V2);
        await using (TorrentService earlier = NewService())
            await SeedAsync(earlier.CreatePatron(), first);

        await using (TorrentService confined = NewService(_temp["into"]))
        {
            Patron patron = confined.CreatePatron();
            Assert.Equal(0, await ReusedAsync(patron, second));
            await patron.RemoveAsync(second.TorrentId, deleteData: true, Token);
            Assert.IsType<TorrentRemoved>(await patron.RemoveAsync(first.TorrentId, deleteData: false, Token));
        }

        await using TorrentService service = NewService();
        Assert.Equal(0, await ReusedAsync(service.CreatePatron(), second));
    }

    [Fact]
    public async Task Nothing_is_reused_from_a_removed_torrent_or_a_changed_file()
    {
        (TorrentMetainfo first, TorrentMetainfo second) = await MakeAsync(MetainfoVersion.V2);
        await using TorrentService service = NewService();
        Patron patron = service.CreatePatron();
        await SeedAsync(patron, first);
        await patron.RemoveAsync(first.TorrentId, deleteData: false, Token);
        Assert.Equal(0, await ReusedAsync(patron, second));
        await patron.RemoveAsync(second.TorrentId, deleteData: true, Token);

        await SeedAsync(patron, first);
        await patron.CloseAsync(first.TorrentId, Token);
        await File.WriteAllBytesAsync(_temp["files", "first", "shared.bin"], new byte[_shared.Length], Token);
        Assert.Equal(0, await ReusedAsync(patron, second));
    }

    [Fact]
    public async Task A_restarted_torrent_is_found_once_with_its_current_files()
    {
        (TorrentMetainfo first, TorrentMetainfo second) = await MakeAsync(MetainfoVersion.V2);
        await using TorrentService service = NewService();
        Patron patron = service.CreatePatron();
        for (int i = 0; i < 3; i++)
        {
            await SeedAsync(patron, first);
            await patron.CloseAsync(first.TorrentId, Token);
        }

        await SeedAsync(patron, first);

        Assert.Equal(_shared.Length, await ReusedAsync(patron, second));
    }

    private static TorrentId TorrentIdOf(TorrentStatus status) => TorrentId.TryParse(status.InfoHash, out TorrentId torrent) ? torrent : default;

    private TorrentService NewService(params string[] roots) => new(
        new ServiceSettings { Client = new ClientSettings { BindAddress = IPAddress.Loopback }, StatePath = _temp["state"], Roots = [.. roots] },
        settings => new TorrentClient(settings));

    private async Task SeedAsync(Patron patron, TorrentMetainfo torrent)
    {
        await patron.StartAsync(new StartRequest { Metainfo = torrent, Destination = _temp["files"] }, Token);
        await patron.WaitAsync(torrent.TorrentId, now => now.State == TorrentState.Seeding, Token).WaitAsync(Patience, Token);
    }

    private async Task<long> ReusedAsync(Patron patron, TorrentMetainfo torrent)
    {
        await patron.StartAsync(new StartRequest { Metainfo = torrent, Destination = _temp["into"] }, Token);
        TorrentStatus? status = await patron.WaitAsync(torrent.TorrentId, now => now.State == TorrentState.Downloading, Token).WaitAsync(Patience, Token);
        return status!.BytesReused;
    }

    /// <summary>Two folders with a file that is the same and one that is not; the second is deleted when its torrent is made.</summary>
    private async Task<(TorrentMetainfo First, TorrentMetainfo Second)> MakeAsync(MetainfoVersion version)
    {
        TorrentMetainfo[] made = [await MakeOneAsync("first"), await MakeOneAsync("second")];
        Directory.Delete(_temp["files", "second"], recursive: true);
        return (made[0], made[1]);

        async Task<TorrentMetainfo> MakeOneAsync(string name)
        {
            byte[] own = new byte[3 * Piece];
            new Random(name.Length).NextBytes(own);
            Directory.CreateDirectory(_temp["files", name]);
            await File.WriteAllBytesAsync(_temp["files", name, "shared.bin"], _shared, Token);
            await File.WriteAllBytesAsync(_temp["files", name, $"the {name} own"], own, Token);
            return MetainfoReader.Read(await TorrentMaker.MakeAsync(
                _temp["files", name], new TorrentMakerOptions { Version = version, PieceLength = Piece }, null, Token));
        }
    }
}
