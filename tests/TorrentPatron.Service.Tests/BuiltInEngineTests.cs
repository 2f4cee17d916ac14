using System.Security.Cryptography;
using System.Text;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.State;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests;

/// <summary>The service with its built-in engine, without peers.</summary>
public sealed class BuiltInEngineTests
{
    private const int PieceLength = 16384;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_complete_torrent_restarts_at_once_and_damaged_state_only_costs_a_check()
    {
        using var temp = new TempFolder();
        TorrentMetainfo metainfo = MakeOnDisk(temp);
        var settings = new ServiceSettings { Client = new ClientSettings { ListenPort = -1 }, StatePath = temp["state"] };

        TorrentStatus first = await RunAsync(settings, metainfo, temp, expectWarning: false);
        Assert.Equal(3, first.RecheckedPieces);
        TorrentStatus second = await RunAsync(settings, metainfo, temp, expectWarning: false);
        Assert.Equal(0, second.RecheckedPieces);

        string resume = temp["state", metainfo.TorrentId.ToString(), "resume"];
        byte[] bytes = await File.ReadAllBytesAsync(resume, Token);
        await File.WriteAllBytesAsync(resume, bytes[..^10], Token);
        TorrentStatus third = await RunAsync(settings, metainfo, temp, expectWarning: true);
        Assert.Equal(3, third.RecheckedPieces);
    }

    [Fact]
    public async Task A_seed_restored_after_a_kill_writes_nothing_if_nothing_changed()
    {
        using var temp = new TempFolder();
        TorrentMetainfo metainfo = MakeOnDisk(temp);
        var settings = new ServiceSettings { Client = new ClientSettings { ListenPort = -1 }, StatePath = temp["state"] };
        string name = metainfo.TorrentId.ToString();
        Directory.CreateDirectory(temp["killed", name]);
        await using (var service = new TorrentService(settings, client => new TorrentClient(client)))
        {
            Patron patron = service.CreatePatron();
            await patron.StartAsync(new StartRequest { Metainfo = metainfo, Destination = temp["data"] }, Token);
            await patron.WaitAsync(metainfo.TorrentId, status => status.IsComplete, Token);
            // The state after a kill at this moment.
            foreach (string file in Directory.EnumerateFiles(temp["state", name]))
                File.Copy(file, temp["killed", name, Path.GetFileName(file)]);
        }

        string[] saved = [temp["killed", name, "resume"], temp["killed", name, "metainfo.torrent"]];
        DateTime before = DateTime.UtcNow.Date.AddDays(-1);
        Array.ForEach(saved, file => File.SetLastWriteTimeUtc(file, before));
        await using var next = new TorrentService(settings with { StatePath = temp["killed"] }, client => new TorrentClient(client));
        Patron heir = next.CreatePatron();

        Assert.IsType<NewTorrentCreated>(await heir.RestoreAsync(Assert.Single(next.States.Enumerate()), Token));

        TorrentStatus status = heir.GetStatus(metainfo.TorrentId)!;
        Assert.Equal((TorrentState.Seeding, 0), (status.State, status.RecheckedPieces));
        Assert.All(saved, file => Assert.Equal(before, File.GetLastWriteTimeUtc(file)));
    }

    [Fact]
    public async Task Starting_a_known_torrent_reports_options_that_it_does_not_change()
    {
        using var temp = new TempFolder();
        var settings = new ServiceSettings { Client = new ClientSettings { ListenPort = -1 }, StatePath = temp["state"] };
        var request = new StartRequest { Metainfo = Torrents.Make("a"), Destination = temp["data"] };
        await using (var service = new TorrentService(settings, client => new TorrentClient(client)))
        {
            Patron patron = service.CreatePatron();
            Assert.Empty(Assert.IsType<NewTorrentCreated>(await patron.StartAsync(request, Token)).Warnings);

            Assert.Equal([], await JoinAsync(request with { Destination = temp["data"] + Path.DirectorySeparatorChar }));
            Assert.Equal([], await JoinAsync(request with { Destination = null, CurrentFolder = temp["elsewhere"] }));
            Assert.Equal([TorrentErrorId.DestinationDiffers], await JoinAsync(request with { Destination = temp["elsewhere"] }));
            Assert.Equal([TorrentErrorId.TorrentRuns], await JoinAsync(request with { Suspended = true }));
            Assert.Equal(
                [TorrentErrorId.FileNotFound], await JoinAsync(request with { Selection = new FileSelection { Include = ["*", "nosuch"] } }));

            async Task<IEnumerable<string>> JoinAsync(StartRequest again) =>
                Assert.IsType<TorrentAlreadyDownloading>(await patron.StartAsync(again, Token)).Warnings.Select(warning => warning.Id);
        }

        await using var next = new TorrentService(settings, client => new TorrentClient(client));
        TorrentAnswer anew = await next.CreatePatron().StartAsync(request with { Destination = temp["elsewhere"] }, Token);

        TorrentError warning = Assert.Single(Assert.IsType<NewTorrentCreated>(anew).Warnings);
        Assert.Equal(TorrentErrorId.DestinationDiffers, warning.Id);
        Assert.Contains($"'{temp["data"]}'", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_destination_that_is_the_torrents_own_folder_is_pointed_out()
    {
        using var temp = new TempFolder();
        TorrentMetainfo metainfo = MetainfoReader.Read(new TorrentBuilder
        {
            Name = "album", Files = [new("one", 10), new("two", 20)], PieceLength = PieceLength, PieceHashes = new byte[20],
        }.Build());
        Directory.CreateDirectory(temp["data", "album"]);
        await File.WriteAllBytesAsync(temp["data", "album", "one"], new byte[10], Token);
        await using var service = new TorrentService(
            new ServiceSettings { Client = new ClientSettings { ListenPort = -1 }, StatePath = temp["state"] }, client => new TorrentClient(client));

        TorrentAnswer answer = await service.CreatePatron().StartAsync(
            new StartRequest { Metainfo = metainfo, Destination = temp["data", "album"], Suspended = true }, Token);

        TorrentError warning = Assert.Single(Assert.IsType<NewTorrentCreated>(answer).Warnings);
        Assert.Equal(TorrentErrorId.DestinationDiffers, warning.Id);
        Assert.Contains("the parent of the torrent's folder", warning.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_destination_that_cannot_be_created_fails_the_start_and_leaves_nothing_behind()
    {
        using var temp = new TempFolder();
        TorrentMetainfo metainfo = MakeOnDisk(temp);
        await File.WriteAllTextAsync(temp["file"], "in the way", Token);
        await using var service = new TorrentService(
            new ServiceSettings { Client = new ClientSettings { ListenPort = -1 }, StatePath = temp["state"] },
            settings => new TorrentClient(settings));

        TorrentAnswer answer = await service.CreatePatron().StartAsync(
            new StartRequest { Metainfo = metainfo, Destination = temp["file", "below"] }, Token);

        Assert.Equal(TorrentErrorId.DestinationNotWritable, Assert.IsType<TorrentStartFail>(answer).Error.Id);
        Assert.Empty(Directory.EnumerateDirectories(temp["state"]));
    }

    [Fact]
    public async Task A_torrent_is_refused_while_a_saved_torrent_has_its_path()
    {
        using var temp = new TempFolder();
        var settings = new ServiceSettings { Client = new ClientSettings { ListenPort = -1 }, StatePath = temp["state"] };
        TorrentMetainfo saved = Torrents.Make("a"), wanted = Torrents.Make("a", pieces: 2);
        await using (var before = new TorrentService(settings, client => new TorrentClient(client)))
            Assert.IsType<NewTorrentCreated>(await before.CreatePatron().StartAsync(new StartRequest { Metainfo = saved, Destination = temp["data"] }, Token));
        await using var service = new TorrentService(settings, client => new TorrentClient(client));
        Patron patron = service.CreatePatron();
        var request = new StartRequest { Metainfo = wanted, Destination = temp["data"] };

        TorrentError refused = Assert.IsType<TorrentStartFail>(await patron.StartAsync(request, Token)).Error;

        Assert.Equal(TorrentErrorId.PathInUse, refused.Id);
        Assert.Contains(saved.TorrentId.ToString(), refused.Message);
        Assert.Equal(saved.TorrentId, Assert.Single(service.States.Enumerate()).TorrentId);
        Assert.IsType<TorrentRemoved>(await patron.RemoveAsync(saved.TorrentId, deleteData: true, Token));
        Assert.IsType<NewTorrentCreated>(await patron.StartAsync(request, Token));
    }

    [Fact]
    public async Task A_file_that_a_running_torrent_shares_is_not_deleted_with_a_saved_one()
    {
        using var temp = new TempFolder();
        var settings = new ServiceSettings { Client = new ClientSettings { ListenPort = -1 }, StatePath = temp["state"] };
        TorrentMetainfo first = MakeOnDisk(temp), second = MakeOnDisk(temp, PieceLength * 2);
        await RunAsync(settings, first, temp, expectWarning: false);
        Claim(settings, first);
        await using var service = new TorrentService(settings, client => new TorrentClient(client));
        Patron patron = service.CreatePatron();
        await patron.StartAsync(new StartRequest { Metainfo = second, Destination = temp["data"] }, Token);
        await patron.WaitAsync(second.TorrentId, status => status.IsComplete, Token);

        TorrentRemoved removed = Assert.IsType<TorrentRemoved>(await patron.RemoveAsync(first.TorrentId, deleteData: true, Token));

        Assert.Equal(0, removed.FilesDeleted);
        Assert.Contains(second.InfoHash.ToString(), Assert.Single(removed.Warnings).Message);
        Assert.True(File.Exists(temp["data", "a"]));
    }

    /// <summary>Makes the existing files count as made by the torrent.</summary>
    private static void Claim(ServiceSettings settings, TorrentMetainfo metainfo)
    {
        using ResumeStore store = new StateFolder(settings.StatePath).Open(metainfo);
        store.Checkpoint(store.Load(out _)! with { Origin = null });
    }

    private static async Task<TorrentStatus> RunAsync(
        ServiceSettings settings, TorrentMetainfo metainfo, TempFolder temp, bool expectWarning)
    {
        await using var service = new TorrentService(settings, client => new TorrentClient(client));
        Patron patron = service.CreatePatron();
        var outbox = patron.OpenOutbox();

        TorrentAnswer answer = await patron.StartAsync(
            new StartRequest { Metainfo = metainfo, Destination = temp["data"] }, Token);
        Assert.IsType<NewTorrentCreated>(answer);
        TorrentStatus? status = await patron.WaitAsync(metainfo.TorrentId, status => status.IsComplete, Token);
        Assert.Equal(TorrentState.Seeding, status!.State);

        Assert.IsType<NewTorrentCreated>(await outbox.ReadAsync(Token));
        bool hasWarned = false;
        bool hasCompleted = false;
        while (!hasCompleted || (expectWarning && !hasWarned))
        {
            TorrentMessage message = await outbox.ReadAsync(Token);
            hasCompleted |= message is TorrentCompleted;
            hasWarned |= message is TorrentWarning { Warning.Id: TorrentErrorId.StateDamaged };
        }

        Assert.Equal(expectWarning, hasWarned);
        return patron.GetStatus(metainfo.TorrentId)!;
    }

    private static TorrentMetainfo MakeOnDisk(TempFolder temp, int pieceLength = PieceLength)
    {
        var content = new byte[(3 * PieceLength) - 1];
        new Random(1).NextBytes(content);
        Directory.CreateDirectory(temp["data"]);
        File.WriteAllBytes(temp["data", "a"], content);
        byte[] hashes = [.. content.Chunk(pieceLength).SelectMany(SHA1.HashData)];
        return MetainfoReader.Read((byte[])
        [
            .. Encoding.ASCII.GetBytes(
                $"d4:infod6:lengthi{content.Length}e4:name1:a12:piece lengthi{pieceLength}e6:pieces{hashes.Length}:"),
            .. hashes,
            .. "ee"u8,
        ]);
    }
}
