using System.Security.Cryptography;
using System.Text;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.State;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests;

/// <summary>The saved torrents of an earlier session: restored or removed, with the built-in engine.</summary>
public sealed class SavedTorrentTests : IDisposable
{
    private const int PieceLength = 16384;
    private readonly TempFolder _temp = new();
    private readonly byte[] _content = new byte[3 * PieceLength];
    private readonly TorrentMetainfo _torrent;

    public SavedTorrentTests()
    {
        new Random(7).NextBytes(_content);
        _torrent = MetainfoReader.Read(new TorrentBuilder
        {
            Name = "saved",
            Files = [new TorrentBuilderFile("a", PieceLength), new TorrentBuilderFile("b", 2 * PieceLength)],
            PieceLength = PieceLength,
            PieceHashes = _content.Chunk(PieceLength).SelectMany(SHA1.HashData).ToArray(),
        }.Build());
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string FileA => _temp["data", "saved", "a"];

    private string FileB => _temp["data", "saved", "b"];

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_torrent_is_restored_with_all_its_options()
    {
        var tracker = new Uri("http://127.0.0.1:1/announce");
        var options = new TorrentOptions
        {
            MaxDownloadRate = 1000, MaxUploadRate = 2000, Sequential = true, SuperSeeding = true, Tags = ["nightly"], Goal = new SeedGoal(3, null),
        };
        await using (TorrentService first = MakeService())
        {
            await first.CreatePatron().StartAsync(
                Request() with { Trackers = [tracker], Options = options, Selection = new FileSelection { Include = ["b"] }, Suspended = true }, Token);
        }

        await using TorrentService service = MakeService();
        Patron patron = service.CreatePatron();
        SavedTorrent saved = Assert.Single(service.States.Enumerate());
        TorrentAnswer answer = await patron.RestoreAsync(saved, Token);

        TorrentStatus status = Assert.IsType<NewTorrentCreated>(answer).Status;
        Assert.Equal((TorrentState.Suspended, _temp["data"]), (status.State, status.Destination));
        Assert.Equal((1000, 2000, true), (status.MaxDownloadRate, status.MaxUploadRate, status.Sequential));
        Assert.True(status.SuperSeeding);
        Assert.Equal(["nightly"], status.Tags);
        Assert.Equal((3.0, null), (status.SeedRatio, status.SeedTime));
        Assert.Equal([tracker], status.Trackers.Select(t => t.Uri));
        Assert.Equal([FilePriority.Skip, FilePriority.Normal], patron.GetFiles(_torrent.TorrentId).Select(file => file.Priority));
        Assert.Equal("saved", patron.GetMetainfo(_torrent.TorrentId)!.Name);
    }

    [Fact]
    public async Task A_torrent_whose_destination_link_has_changed_is_restored_only_with_the_destination_given_again()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        await using (TorrentService first = MakeService())
            Assert.IsType<NewTorrentCreated>(await first.CreatePatron().StartAsync(Request(), Token));
        Directory.Move(_temp["data"], _temp["was"]);
        Directory.CreateDirectory(_temp["elsewhere"]);
        Directory.CreateSymbolicLink(_temp["data"], _temp["elsewhere"]);

        await using TorrentService service = MakeService();
        Patron patron = service.CreatePatron();
        var fail = Assert.IsType<TorrentStartFail>(await patron.RestoreAsync(Assert.Single(service.States.Enumerate()), Token));
        Assert.Equal(TorrentErrorId.DestinationNotWritable, fail.Error.Id);
        Assert.Contains("elsewhere", fail.Error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_temp["elsewhere"]));

        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(Request(), Token));
        await patron.CloseAsync(_torrent.TorrentId, Token);
        // It is now the given destination.
        Assert.IsType<NewTorrentCreated>(await patron.RestoreAsync(Assert.Single(service.States.Enumerate()), Token));
    }

    [Fact]
    public async Task A_torrent_that_was_running_when_its_session_ended_is_restored_without_a_check()
    {
        WriteContent();
        await using (TorrentService first = MakeService())
            await RunAsync(first);

        await using TorrentService service = MakeService();
        Patron patron = service.CreatePatron();
        Assert.IsType<NewTorrentCreated>(await patron.RestoreAsync(service.States.Find(_torrent.TorrentId)!, Token));
        TorrentStatus? status = await patron.WaitAsync(_torrent.TorrentId, s => s.State == TorrentState.Seeding, Token);

        Assert.Equal((CompletionReason.AlreadyOnDisk, 0), (status!.Completion, status.RecheckedPieces));
    }

    [Fact]
    public async Task Unreadable_state_is_not_restored_and_the_reason_is_reported()
    {
        await using TorrentService service = MakeService();

        TorrentAnswer answer = await service.CreatePatron()
            .RestoreAsync(new SavedTorrent(_torrent.TorrentId, _temp["none"], Resume: null), Token);

        Assert.Equal(TorrentErrorId.StateDamaged, Assert.IsType<TorrentStartFail>(answer).Error.Id);
    }

    [Fact]
    public async Task Removing_a_saved_torrent_deletes_only_its_own_files()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FileA)!);
        File.WriteAllBytes(FileA, _content[..PieceLength]);
        await using (TorrentService first = MakeService())
        {
            Patron starter = first.CreatePatron();
            await starter.StartAsync(Request(), Token);
            await starter.WaitAsync(_torrent.TorrentId, s => s.State == TorrentState.Downloading, Token);
            // As if a peer had sent it.
            File.WriteAllBytes(FileB, _content[PieceLength..]);
            Assert.IsType<TorrentChecked>(await starter.RecheckAsync(_torrent.TorrentId, Token));
        }

        await using TorrentService service = MakeService();
        Patron patron = service.CreatePatron();
        var outbox = patron.OpenOutbox();
        TorrentRemoved removed = Assert.IsType<TorrentRemoved>(await patron.RemoveAsync(_torrent.TorrentId, deleteData: true, Token));

        Assert.Equal((1, 2L * PieceLength), (removed.FilesDeleted, removed.BytesDeleted));
        Assert.Equal(TorrentErrorId.DataKept, Assert.Single(removed.Warnings).Id);
        Assert.Same(removed, await outbox.ReadAsync(Token));
        Assert.True(File.Exists(FileA));
        Assert.False(File.Exists(FileB));
        Assert.Empty(service.States.Enumerate());
        Assert.Null(service.GetClientStatus());
    }

    [Fact]
    public async Task Removing_a_running_torrent_deletes_its_saved_state()
    {
        WriteContent();
        await using TorrentService service = MakeService();
        await RunAsync(service);
        Assert.Single(service.States.Enumerate());

        Assert.IsType<TorrentRemoved>(await service.CreatePatron().RemoveAsync(_torrent.TorrentId, deleteData: false, Token));

        Assert.Empty(service.States.Enumerate());
        Assert.True(File.Exists(FileA) && File.Exists(FileB));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Removing_a_saved_torrent_deletes_the_bytes_of_skipped_files(bool deleteData)
    {
        WriteContent();
        await using (TorrentService first = MakeService())
            await RunAsync(first);
        string name = $".{_torrent.InfoHash}.patron-parts";
        byte[] header = new byte[128];
        Encoding.ASCII.GetBytes($"TorrentPatron parts 1\n{name}\n").CopyTo(header, 0);
        File.WriteAllBytes(_temp["data", name], header);
        File.WriteAllText(_temp["data", ".0123456789012345678901234567890123456789.patron-parts"], "another torrent's");

        await using TorrentService service = MakeService();
        Assert.IsType<TorrentRemoved>(await service.CreatePatron().RemoveAsync(_torrent.TorrentId, deleteData, Token));

        Assert.False(File.Exists(_temp["data", name]));
        Assert.Single(Directory.EnumerateFiles(_temp["data"], "*.patron-parts"));
    }

    [Fact]
    public async Task A_torrent_of_another_service_is_not_removed()
    {
        WriteContent();
        await using TorrentService first = MakeService();
        await RunAsync(first);
        await using TorrentService service = MakeService();

        TorrentAnswer answer = await service.CreatePatron().RemoveAsync(_torrent.TorrentId, deleteData: true, Token);

        Assert.Equal(TorrentErrorId.TorrentInUse, Assert.IsType<CommandFail>(answer).Error.Id);
        Assert.True(File.Exists(FileA) && File.Exists(FileB));
        Assert.Single(service.States.Enumerate());
    }

    [Fact]
    public async Task Removing_an_unsaved_torrent_fails_and_an_unreadable_one_keeps_its_files()
    {
        await using TorrentService service = MakeService();
        Patron patron = service.CreatePatron();
        TorrentAnswer none = await patron.RemoveAsync(_torrent.TorrentId, deleteData: false, Token);
        Assert.Equal(TorrentErrorId.TorrentNotFound, Assert.IsType<CommandFail>(none).Error.Id);

        string folder = _temp["state", _torrent.InfoHash.ToString()];
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "metainfo.torrent"), "damaged");
        TorrentAnswer unknown = await patron.RemoveAsync(_torrent.TorrentId, deleteData: true, Token);
        Assert.Equal(TorrentErrorId.StateDamaged, Assert.IsType<CommandFail>(unknown).Error.Id);
        Assert.IsType<TorrentRemoved>(await patron.RemoveAsync(_torrent.TorrentId, deleteData: false, Token));
        Assert.False(Directory.Exists(folder));
    }

    private TorrentService MakeService() => new(
        new ServiceSettings { Client = new ClientSettings { ListenPort = -1 }, StatePath = _temp["state"] },
        settings => new TorrentClient(settings));

    private StartRequest Request() => new() { Metainfo = _torrent, Destination = _temp["data"] };

    private async Task RunAsync(TorrentService service)
    {
        Patron patron = service.CreatePatron();
        await patron.StartAsync(Request(), Token);
        await patron.WaitAsync(_torrent.TorrentId, s => s.State == TorrentState.Seeding, Token);
    }

    private void WriteContent()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FileA)!);
        File.WriteAllBytes(FileA, _content[..PieceLength]);
        File.WriteAllBytes(FileB, _content[PieceLength..]);
    }
}
