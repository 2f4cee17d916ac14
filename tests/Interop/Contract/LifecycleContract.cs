using System.Net;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Engines;

namespace TorrentPatron.Interop.Tests.Contract;

/// <summary>A torrent within one run and across several, with any engine: suspension, checks, file choices, saved state.</summary>
/// <param name="engine">The engine's name.</param>
/// <param name="byService">Whether it is used through a service and its socket.</param>
public abstract class LifecycleContract(string engine, bool byService = false) : EngineContract(engine, byService)
{
    [Fact]
    public async Task A_closed_download_continues_where_it_stopped()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        TorrentStatus first = await DownloadAPartAsync(under, swarm, metainfo, seed);
        Assert.InRange(first.VerifiedPieces, 8, first.PieceCount - 1);

        TorrentStatus second = await DownloadTheRestAsync(under, swarm, metainfo, seed, first);

        Assert.Equal(first.AddedAt, second.AddedAt);
    }

    [Fact]
    public async Task State_saved_by_one_engine_is_continued_by_another()
    {
        ITorrentEngine under = Engine;
        ITorrentEngine other = Other();
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        TorrentStatus first = await DownloadAPartAsync(under, swarm, metainfo, seed);

        await DownloadTheRestAsync(other, swarm, metainfo, seed, first);
    }

    [Fact]
    public async Task A_torrent_can_be_suspended_and_resumed()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        TorrentId torrent = metainfo.TorrentId;

        TorrentStatus status = await client.StartAsync(
            client.NewStart(metainfo, swarm.DownloadFolder) with { Peers = [seed.EndPoint], Suspended = true });
        Assert.Equal(TorrentState.Suspended, status.State);
        Assert.IsType<CommandDone>(await client.AskAsync(new ResumeTorrent(client.NextId(), torrent)));
        await client.WaitAsync(torrent, "a piece has arrived", now => now.VerifiedPieces > 0);
        status = Assert.IsType<CommandDone>(await client.AskAsync(new SuspendTorrent(client.NextId(), torrent))).Status;
        Assert.Equal(TorrentState.Suspended, status.State);
        Assert.Equal(0, status.ConnectedPeers);
        Assert.IsType<CommandDone>(await client.AskAsync(new ResumeTorrent(client.NextId(), torrent)));
        await client.WaitUntilSeedingAsync(torrent);

        swarm.AssertDownloaded();
        Assert.Single(client.Said.OfType<TorrentCompleted>());
    }

    [Fact]
    public async Task A_download_over_the_limit_waits_for_its_turn()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        await using TestSwarm lonely = await MakeAsync(below => Payload.WriteFile(below, Size / 2));
        await using ForeignPeer seed = await SeedAsync(swarm);
        await using var client = new ContractClient(under, swarm.Workspace["state"], new ClientSettings { MaxActiveDownloads = 1 });
        TorrentMetainfo first = OurPeer.Read(lonely.Torrent);
        TorrentMetainfo second = OurPeer.Read(swarm.Torrent);

        Assert.Equal(TorrentState.Downloading, (await client.StartAsync(client.NewStart(first, lonely.DownloadFolder))).State);
        TorrentStatus waiting = await client.StartAsync(client.NewStart(second, swarm.DownloadFolder) with { Peers = [seed.EndPoint] });
        Assert.Equal((TorrentState.Queued, 2, 0, 0), (waiting.State, waiting.QueuePosition, waiting.ConnectedPeers, waiting.BytesReceived));

        var toFront = new SetTorrent(client.NextId(), second.TorrentId, new TorrentOptions { QueuePosition = 1 });
        Assert.Equal(1, Assert.IsType<CommandDone>(await client.AskAsync(toFront)).Status.QueuePosition);
        await client.HearAsync<TorrentStateChanged>(change => change.TorrentId == first.TorrentId && change.Status.State == TorrentState.Queued);
        await client.WaitUntilSeedingAsync(second.TorrentId);
        TorrentStatus again = await client.WaitAsync(first.TorrentId, "the first one runs again", status => status.State == TorrentState.Downloading);

        Assert.Equal(2, again.QueuePosition);
        swarm.AssertDownloaded();
    }

    [Fact]
    public async Task A_byte_changed_on_disk_is_found_by_a_check_and_its_piece_is_fetched_again()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder) with { Peers = [seed.EndPoint] });
        // MonoTorrent counts a block a moment after its piece.
        TorrentStatus complete = await client.WaitAsync(
            metainfo.TorrentId, "it has everything, and all is counted",
            status => status is { IsComplete: true, State: TorrentState.Seeding } && status.BytesReceived >= status.TotalSize);
        ChangeByte(swarm);

        TorrentAnswer answer = await client.AskAsync(new RecheckTorrent(client.NextId(), metainfo.TorrentId));
        TorrentStatus again = await client.WaitAsync(
            metainfo.TorrentId, "it has everything again, and all is counted",
            status => status is { IsComplete: true, State: TorrentState.Seeding } && status.BytesReceived > complete.BytesReceived);

        if (client.Client.Capabilities.HasFlag(ClientCapabilities.BadPieces))
            Assert.Equal([Size / 2 / Payload.PieceLength], Assert.IsType<TorrentChecked>(answer).BadPieces);
        else
            Assert.IsType<CommandDone>(answer);
        swarm.AssertDownloaded();
        Assert.Equal(complete.PieceCount, again.RecheckedPieces);
        // MonoTorrent sometimes requests the last piece twice, in about one of ten runs.
        int most = under.Name == BuiltInEngine.EngineName ? 1 : 2;
        Assert.InRange(again.BytesReceived - complete.BytesReceived, Payload.PieceLength, most * Payload.PieceLength);
    }

    [Fact]
    public async Task A_file_changed_between_runs_is_not_trusted()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        await using (var before = new ContractClient(under, swarm.Workspace["state"]))
        {
            await before.StartAsync(before.NewStart(metainfo, swarm.DownloadFolder) with { Peers = [seed.EndPoint] });
            await before.WaitUntilSeedingAsync(metainfo.TorrentId);
        }

        ChangeByte(swarm);
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder) with { Peers = [seed.EndPoint] });
        TorrentStatus status = await client.WaitUntilSeedingAsync(metainfo.TorrentId);

        swarm.AssertDownloaded();
        Assert.Equal(metainfo.PieceCount, status.RecheckedPieces);
    }

    [Fact]
    public async Task A_torrent_that_reaches_its_seeding_goal_is_suspended_and_reports_that_once()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);
        Require(client, ClientCapabilities.SeedGoals);
        TorrentMetainfo metainfo = await workspace.MakeAsync();

        await client.StartAsync(client.NewStart(metainfo, workspace.Seed) with
        {
            Options = new TorrentOptions { Goal = new SeedGoal(null, TimeSpan.FromSeconds(1)) },
        });
        SeedGoalReached reached = await client.HearAsync<SeedGoalReached>();
        Assert.Equal(TorrentState.Suspended, reached.Status.State);
        Assert.True(reached.Status.SeedingTime >= TimeSpan.FromSeconds(1));
        Assert.IsType<CommandDone>(await client.AskAsync(new ResumeTorrent(client.NextId(), metainfo.TorrentId)));
        await client.WaitAsync(
            metainfo.TorrentId, "it continues to seed", status => status is { State: TorrentState.Seeding, SeedingTime.TotalSeconds: > 2.5 });

        Assert.Single(client.Said.OfType<SeedGoalReached>());
    }

    [Fact]
    public async Task Options_changed_while_a_torrent_runs_apply_and_are_saved()
    {
        ITorrentEngine under = Engine;
        using var workspace = new ContractWorkspace();
        TorrentMetainfo metainfo = await workspace.MakeAsync();
        TorrentId torrent = metainfo.TorrentId;
        Uri[] trackers = [new("http://127.0.0.1:9/announce"), new("http://127.0.0.1:8/announce")];
        await using (var client = new ContractClient(under, workspace.State))
        {
            await client.StartAsync(client.NewStart(metainfo, workspace.Seed));
            await client.WaitUntilSeedingAsync(torrent);
            Assert.IsType<CommandDone>(await client.AskAsync(new SetTorrent(
                client.NextId(), torrent, new TorrentOptions { MaxUploadRate = SlowRate, Tags = ["one", "two"] })));
            Assert.IsType<CommandDone>(await client.AskAsync(new AddSources(client.NextId(), torrent, [], trackers)));
            if (client.Client.Capabilities.HasFlag(ClientCapabilities.ManageTrackers))
                Assert.IsType<CommandDone>(await client.AskAsync(new RemoveTrackers(client.NextId(), torrent, trackers[..1])));
            AssertSet(client.Client.GetStatus(torrent)!, client.Client.Capabilities);
        }

        await using var again = new ContractClient(under, workspace.State);
        await again.StartAsync(again.NewStart(metainfo, workspace.Seed));
        AssertSet(await again.WaitUntilSeedingAsync(torrent), again.Client.Capabilities);

        void AssertSet(TorrentStatus status, ClientCapabilities capabilities)
        {
            Assert.Equal(SlowRate, status.MaxUploadRate);
            Assert.Equal(0, status.MaxDownloadRate);
            Assert.Equal(["one", "two"], status.Tags);
            Assert.Equal(
                capabilities.HasFlag(ClientCapabilities.ManageTrackers) ? trackers[1..] : trackers,
                status.Trackers.Select(tracker => tracker.Uri));
        }
    }

    [Fact]
    public async Task Files_can_be_moved_to_another_folder_while_they_are_downloaded()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        TorrentId torrent = metainfo.TorrentId;
        string elsewhere = swarm.Workspace["elsewhere"];
        await using (var client = new ContractClient(under, swarm.Workspace["state"]))
        {
            Require(client, ClientCapabilities.Move);
            await client.StartAsync(client.NewStart(metainfo, elsewhere) with
            {
                Peers = [seed.EndPoint],
                Options = new TorrentOptions { MaxDownloadRate = SlowRate },
            });
            await client.WaitAsync(torrent, "some pieces have arrived", status => status.VerifiedPieces >= 8);

            CommandDone done = Assert.IsType<CommandDone>(await client.AskAsync(new MoveTorrent(client.NextId(), torrent, swarm.DownloadFolder)));
            Assert.Equal(swarm.DownloadFolder, done.Status.Destination);
            Assert.InRange(done.Status.VerifiedPieces, 8, done.Status.PieceCount - 1);
            Assert.IsType<CommandDone>(await client.AskAsync(new SetTorrent(client.NextId(), torrent, new TorrentOptions { MaxDownloadRate = 0 })));
            TorrentStatus status = await client.WaitUntilSeedingAsync(torrent);

            swarm.AssertDownloaded();
            Assert.Equal(0, status.RecheckedPieces);
            Assert.False(Directory.Exists(elsewhere) && Directory.EnumerateFileSystemEntries(elsewhere).Any());
            Assert.Contains(client.Said.OfType<TorrentStateChanged>(), change => change.Status.State == TorrentState.Moving);
        }

        await using var again = new ContractClient(under, swarm.Workspace["state"]);
        await again.StartAsync(again.NewStart(metainfo, swarm.DownloadFolder));
        Assert.Equal(0, (await again.WaitUntilSeedingAsync(torrent)).RecheckedPieces);
    }

    [Fact]
    public async Task Files_that_cannot_be_moved_stay_where_they_are()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);
        Require(client, ClientCapabilities.Move);
        TorrentMetainfo metainfo = await workspace.MakeAsync();
        await client.StartAsync(client.NewStart(metainfo, workspace.Seed));
        await client.WaitUntilSeedingAsync(metainfo.TorrentId);
        string inTheWay = Path.Combine(workspace.Download, metainfo.Files[0].Path);
        await File.WriteAllTextAsync(inTheWay, "somebody's", Token);

        TorrentAnswer answer = await client.AskAsync(new MoveTorrent(client.NextId(), metainfo.TorrentId, workspace.Download));

        Assert.Equal(TorrentErrorId.MoveFailed, Assert.IsType<CommandFail>(answer).Error.Id);
        TorrentStatus status = await client.WaitUntilSeedingAsync(metainfo.TorrentId);
        Assert.Equal(workspace.Seed, status.Destination);
        Assert.Equal("somebody's", await File.ReadAllTextAsync(inTheWay, Token));
        Assert.True(File.Exists(Path.Combine(workspace.Seed, metainfo.Files[0].Path)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_removed_torrent_is_forgotten_and_its_data_is_deleted_if_requested(bool deleteData)
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync(below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer seed = await SeedAsync(swarm);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        if (deleteData)
            Require(client, ClientCapabilities.DeleteData);
        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder) with { Peers = [seed.EndPoint] });
        await client.WaitUntilSeedingAsync(metainfo.TorrentId);
        string others = Path.Combine(swarm.DownloadFolder, metainfo.Name, "somebody's");
        await File.WriteAllTextAsync(others, "not the torrent's", Token);

        TorrentAnswer answer = await client.AskAsync(new RemoveTorrent(client.NextId(), metainfo.TorrentId, deleteData));

        TorrentRemoved removed = Assert.IsType<TorrentRemoved>(answer);
        Assert.Null(client.Client.GetStatus(metainfo.TorrentId));
        Assert.Empty(Directory.EnumerateDirectories(swarm.Workspace["state"]));
        int stored = metainfo.Files.Count(file => !file.IsPadding);
        Assert.Equal(deleteData ? stored : 0, removed.FilesDeleted);
        Assert.Equal(deleteData ? metainfo.ContentSize : 0, removed.BytesDeleted);
        Assert.True(File.Exists(others));
        int left = Directory.EnumerateFiles(swarm.DownloadFolder, "*", SearchOption.AllDirectories).Count();
        Assert.Equal(deleteData ? 1 : stored + 1, left);
    }

    [Fact]
    public async Task A_torrent_begun_by_one_engine_is_removed_with_its_data_by_another()
    {
        ITorrentEngine under = Engine;
        ITorrentEngine other = Other();
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        await DownloadAPartAsync(under, swarm, metainfo, seed);
        await using var client = new ContractClient(other, swarm.Workspace["state"]);
        Require(client, ClientCapabilities.DeleteData);
        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder) with { Suspended = true });

        TorrentAnswer answer = await client.AskAsync(new RemoveTorrent(client.NextId(), metainfo.TorrentId, DeleteData: true));

        Assert.Equal(1, Assert.IsType<TorrentRemoved>(answer).FilesDeleted);
        Assert.Empty(Directory.EnumerateFileSystemEntries(swarm.DownloadFolder));
    }

    [Fact]
    public async Task The_reserved_disk_space_stays_free()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        Require(client, ClientCapabilities.FreeSpace);
        var all = new TorrentOptions { MinimumFreeSpace = long.MaxValue / 2 };

        TorrentAnswer answer = await client.AskAsync(client.NewStart(metainfo, swarm.DownloadFolder) with { Options = all });
        Assert.Equal(TorrentErrorId.InsufficientDiskSpace, Assert.IsType<TorrentStartFail>(answer).Error.Id);

        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder) with
        {
            Peers = [seed.EndPoint],
            Options = new TorrentOptions { MaxDownloadRate = SlowRate },
        });
        await client.WaitAsync(metainfo.TorrentId, "some pieces have arrived", status => status.VerifiedPieces >= 8);
        Assert.IsType<CommandDone>(await client.AskAsync(new SetTorrent(client.NextId(), metainfo.TorrentId, all)));
        TorrentStatus failed = await client.WaitAsync(metainfo.TorrentId, "it stops", status => status.State == TorrentState.Failed);

        Assert.Equal(TorrentErrorId.InsufficientDiskSpace, failed.Error?.Id);
        Assert.True(failed.VerifiedPieces < failed.PieceCount);
    }

    /// <summary>A different engine, if one is installed.</summary>
    private ITorrentEngine Other() => EngineCatalog.Installed.Find(
        EngineCatalog.Installed.Names.FirstOrDefault(name => name != EngineName) ?? EngineName);

    /// <summary>Changes a byte in the middle of the only file.</summary>
    private static void ChangeByte(TestSwarm swarm)
    {
        using FileStream file = File.Open(
            Assert.Single(Directory.GetFiles(swarm.DownloadFolder)), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = Size / 2;
        int old = file.ReadByte();
        file.Position = Size / 2;
        file.WriteByte((byte)(old ^ 1));
    }
}

public sealed class BuiltInLifecycle() : LifecycleContract(BuiltInEngine.EngineName);

public sealed class LifecycleByService() : LifecycleContract(BuiltInEngine.EngineName, byService: true);

public sealed class MonoTorrentLifecycle() : LifecycleContract("MonoTorrent");
