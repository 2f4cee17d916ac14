using System.Net;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Engines;

namespace TorrentPatron.Interop.Tests.Contract;

/// <summary>
/// What every engine keeps that plugs in at <see cref="ITorrentClient"/>, with libtorrent at the other end of the wire. Each engine
/// that may be there has a class of its own below; where it is not installed its tests are skipped.
/// </summary>
/// <param name="engine">The engine's name.</param>
public abstract class EngineContract(string engine)
{
    /// <summary>Enough for some seconds at <see cref="SlowRate"/>.</summary>
    private const int Size = (64 * Payload.PieceLength) + 99;

    private const int SlowRate = 1 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected ITorrentEngine Engine
    {
        get
        {
            Assert.SkipUnless(
                EngineCatalog.Installed.Names.Contains(engine),
                $"The engine {engine} is not built: dotnet build -p:With{engine}=true, where the registry has it");
            return EngineCatalog.Installed.Find(engine);
        }
    }

    [Fact]
    public async Task A_client_is_called_what_its_engine_is_called_and_says_where_it_listens()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);

        Assert.Equal(engine, client.Client.Name);
        Assert.Equal(engine, client.Client.GetClientStatus().Engine);
        Assert.Equal(IPAddress.Loopback, client.EndPoint.Address);
        Assert.NotEqual(0, client.EndPoint.Port);
        Assert.Null(client.Client.GetClientStatus().Warning);
    }

    [Fact]
    public async Task A_client_that_is_not_to_listen_does_not_and_one_that_cannot_says_so()
    {
        using var workspace = new ContractWorkspace();
        await using var first = new ContractClient(Engine, workspace.State);
        await using var deaf = new ContractClient(Engine, workspace.State, new ClientSettings { ListenPort = -1 });
        await using var late = new ContractClient(Engine, workspace.State, new ClientSettings { ListenPort = first.EndPoint.Port });

        Assert.Empty(deaf.Client.GetClientStatus().ListenEndPoints);
        Assert.Null(deaf.Client.GetClientStatus().Warning);
        Assert.Equal(TorrentErrorId.ListenFailed, late.Client.GetClientStatus().Warning?.Id);
    }

    [Theory]
    [InlineData(Shape.SingleFile)]
    [InlineData(Shape.Folder)]
    public async Task A_download_is_started_goes_through_its_states_and_is_complete_once(Shape shape)
    {
        ITorrentEngine under = Engine;
        await using Meeting meeting = await MakeAsync(below => Payload.Write(shape, below));
        await using ForeignPeer seed = await SeedAsync(meeting);
        await using var client = new ContractClient(under, meeting.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(meeting.Torrent);

        TorrentStatus status = await client.StartAsync(
            client.NewStart(metainfo, meeting.DownloadFolder) with { Peers = [seed.EndPoint] });
        Assert.Equal(metainfo.InfoHash.ToString(), status.InfoHash);
        status = await client.WaitUntilSeedingAsync(metainfo.InfoHash);
        await client.HearAsync<TorrentStatusUpdate>(update => update.Status.State == TorrentState.Seeding);

        meeting.AssertDownloaded();
        Assert.Equal(metainfo.ContentSize, status.TotalSize);
        Assert.Equal(status.WantedSize, status.CompletedSize);
        Assert.Equal(metainfo.PieceCount, status.VerifiedPieces);
        Assert.Equal(100, status.PercentComplete);
        Assert.NotNull(status.CompletedAt);
        Assert.Equal(meeting.DownloadFolder, status.Destination);
        Assert.Equal(CompletionReason.Downloaded, Assert.Single(client.Said.OfType<TorrentCompleted>()).Reason);
        TorrentStateChanged[] changes = [.. client.Said.OfType<TorrentStateChanged>()];
        Assert.Equal([TorrentState.Downloading, TorrentState.Seeding], changes.Select(change => change.Status.State));
        Assert.Equal(TorrentState.Downloading, changes[1].Previous);
        Assert.Single(client.Client.GetStatuses());
        Assert.Equal(1, client.Client.GetClientStatus().Torrents);
    }

    [Fact]
    public async Task What_is_here_is_given_to_others_and_counted()
    {
        ITorrentEngine under = Engine;
        await using Meeting meeting = await MakeAsync();
        await using var client = new ContractClient(under, meeting.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(meeting.Torrent);
        await client.StartAsync(client.NewStart(metainfo, meeting.SeedFolder));
        TorrentStatus status = await client.WaitUntilSeedingAsync(metainfo.InfoHash);
        Assert.Equal(metainfo.PieceCount, status.RecheckedPieces);
        Assert.Equal(CompletionReason.Rechecked, (await client.HearAsync<TorrentCompleted>()).Reason);

        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, meeting.Torrent, meeting.DownloadFolder, meeting.Workspace, peers: client.EndPoint);
        await downloader.WaitUntilSeedingAsync();

        meeting.AssertDownloaded();
        await client.WaitAsync(metainfo.InfoHash, "all that was sent is counted", now => now.BytesSent >= now.TotalSize);
    }

    [Theory]
    [InlineData(Road.HttpTracker)]
    [InlineData(Road.UdpTracker)]
    public async Task Peers_are_found_by_a_tracker(Road road)
    {
        ITorrentEngine under = Engine;
        await using Meeting meeting = await Meeting.MakeAsync(
            TorrentTool.Libtorrent, road, below => Payload.Write(Shape.SingleFile, below));
        await using ForeignPeer seed = await SeedAsync(meeting);
        await meeting.Tracker!.WaitForSeedAsync();
        await using var client = new ContractClient(under, meeting.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(meeting.Torrent);

        await client.StartAsync(client.NewStart(metainfo, meeting.DownloadFolder));
        TorrentStatus status = await client.WaitUntilSeedingAsync(metainfo.InfoHash);

        meeting.AssertDownloaded();
        Assert.NotNull(Assert.Single(status.Trackers).LastAnswer);
    }

    [Fact]
    public async Task A_torrent_that_runs_is_not_started_again_but_shown()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);
        TorrentMetainfo metainfo = await workspace.MakeAsync();
        await client.StartAsync(client.NewStart(metainfo, workspace.Seed));
        var second = new ClosableStore();

        TorrentAnswer answer = await client.AskAsync(new CreateNewTorrent(client.NextId(), metainfo, workspace.Download) { ResumeStore = second });

        TorrentAlreadyDownloading already = Assert.IsType<TorrentAlreadyDownloading>(answer);
        Assert.Equal(workspace.Seed, already.Status.Destination);
        Assert.True(second.IsClosed);
        Assert.Single(client.Client.GetStatuses());
    }

    [Fact]
    public async Task A_start_that_fails_says_why_and_leaves_nothing_behind()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);
        TorrentMetainfo metainfo = await workspace.MakeAsync();
        string inTheWay = workspace.File("in the way");
        await File.WriteAllTextAsync(inTheWay, "a file", Token);
        var store = new ClosableStore();

        TorrentAnswer answer = await client.AskAsync(
            new CreateNewTorrent(client.NextId(), metainfo, Path.Combine(inTheWay, "below")) { ResumeStore = store });

        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(answer);
        Assert.Equal(TorrentErrorId.DestinationNotWritable, fail.Error.Id);
        Assert.NotEmpty(fail.Error.Remedy);
        Assert.True(store.IsClosed);
        Assert.Null(client.Client.GetStatus(metainfo.InfoHash));
        Assert.Empty(client.Client.GetStatuses());
        // And it can be started where it can be.
        await client.StartAsync(client.NewStart(metainfo, workspace.Seed));
        await client.WaitUntilSeedingAsync(metainfo.InfoHash);
    }

    [Fact]
    public async Task A_torrent_that_is_closed_is_gone_and_can_be_started_again()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);
        TorrentMetainfo metainfo = await workspace.MakeAsync();
        await client.StartAsync(client.NewStart(metainfo, workspace.Seed));
        await client.WaitUntilSeedingAsync(metainfo.InfoHash);

        TorrentAnswer closed = await client.AskAsync(new CloseTorrent(client.NextId(), metainfo.InfoHash));
        TorrentAnswer again = await client.AskAsync(new CloseTorrent(client.NextId(), metainfo.InfoHash));

        Assert.Equal(TorrentState.Stopped, Assert.IsType<TorrentClosed>(closed).Status.State);
        Assert.Equal(TorrentErrorId.TorrentNotFound, Assert.IsType<CommandFail>(again).Error.Id);
        Assert.Null(client.Client.GetStatus(metainfo.InfoHash));

        await client.StartAsync(client.NewStart(metainfo, workspace.Seed));
        TorrentStatus status = await client.WaitUntilSeedingAsync(metainfo.InfoHash);
        Assert.Equal(0, status.RecheckedPieces);
        Assert.Equal(CompletionReason.AlreadyOnDisk, client.Said.OfType<TorrentCompleted>().Last().Reason);
    }

    [Fact]
    public async Task Commands_for_a_torrent_that_does_not_run_fail()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);
        InfoHash nobody = (await workspace.MakeAsync()).InfoHash;
        TorrentCommand[] commands =
        [
            new CloseTorrent(client.NextId(), nobody), new SuspendTorrent(client.NextId(), nobody),
            new ResumeTorrent(client.NextId(), nobody), new RecheckTorrent(client.NextId(), nobody),
            new AddSources(client.NextId(), nobody, [], []),
        ];

        foreach (TorrentCommand command in commands)
            Assert.Equal(TorrentErrorId.TorrentNotFound, Assert.IsType<CommandFail>(await client.AskAsync(command)).Error.Id);
        Assert.Empty(client.Client.GetFiles(nobody));
        Assert.Empty(client.Client.GetPeers(nobody));
    }

    [Fact]
    public async Task A_torrent_tells_how_it_stands_again_and_again_while_it_downloads()
    {
        ITorrentEngine under = Engine;
        await using Meeting meeting = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(meeting);
        await using var client = new ContractClient(under, meeting.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(meeting.Torrent);

        await client.StartAsync(client.NewStart(metainfo, meeting.DownloadFolder) with
        {
            Peers = [seed.EndPoint],
            Options = new TorrentOptions { MaxDownloadRate = SlowRate },
        });
        await client.WaitAsync(metainfo.InfoHash, "a peer is there", status => status.ConnectedPeers == 1);
        await client.WaitAsync(metainfo.InfoHash, "it has a rate", status => status.DownloadRate > 0);
        await client.WaitUntilSeedingAsync(metainfo.InfoHash);

        TorrentStatus[] updates = [.. client.Said.OfType<TorrentStatusUpdate>().Select(update => update.Status)];
        Assert.True(updates.Count(update => update.State == TorrentState.Downloading) >= 2);
        Assert.Equal(updates.Select(update => update.CompletedSize).Order(), updates.Select(update => update.CompletedSize));
        Assert.Equal(SlowRate, updates[^1].MaxDownloadRate);
    }

    [Fact]
    public async Task A_torrent_stays_below_its_own_limit_and_one_without_below_the_clients()
    {
        ITorrentEngine under = Engine;
        await using Meeting meeting = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(meeting);
        TorrentMetainfo metainfo = OurPeer.Read(meeting.Torrent);
        var limit = new TorrentOptions { MaxDownloadRate = SlowRate };

        TimeSpan own = await DownloadAsync(new ClientSettings(), limit, "own");
        TimeSpan clients = await DownloadAsync(
            new ClientSettings { Limits = new RateLimits(SlowRate, 0) }, TorrentOptions.Unchanged, "clients");

        // A second's worth may come at once, and half a second's is generosity; how slow it is depends on the machine.
        TimeSpan least = TimeSpan.FromSeconds(((double)Size / SlowRate) - 1.5);
        Assert.True(own > least, $"The torrent's limit let it be done in {own.TotalSeconds:0.0} s.");
        Assert.True(clients > least, $"The client's limit let it be done in {clients.TotalSeconds:0.0} s.");

        async Task<TimeSpan> DownloadAsync(ClientSettings settings, TorrentOptions options, string name)
        {
            await using var client = new ContractClient(under, meeting.Workspace[name + " state"], settings);
            long start = TimeProvider.System.GetTimestamp();
            await client.StartAsync(client.NewStart(metainfo, meeting.Workspace[name]) with
            {
                Peers = [seed.EndPoint],
                Options = options,
            });
            await client.WaitUntilSeedingAsync(metainfo.InfoHash);
            return TimeProvider.System.GetElapsedTime(start);
        }
    }

    [Fact]
    public async Task Files_that_are_not_wanted_are_not_fetched()
    {
        ITorrentEngine under = Engine;
        await using Meeting meeting = await MakeAsync(below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer seed = await SeedAsync(meeting);
        await using var client = new ContractClient(under, meeting.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(meeting.Torrent);
        TorrentFileEntry skipped = metainfo.Files.MaxBy(file => file.Length)!;

        await client.StartAsync(client.NewStart(metainfo, meeting.DownloadFolder) with
        {
            Peers = [seed.EndPoint],
            FilePriorities = [.. metainfo.Files.Select(file => file == skipped ? FilePriority.Skip : FilePriority.Normal)],
        });
        TorrentStatus status = await client.WaitUntilSeedingAsync(metainfo.InfoHash);

        foreach (TorrentFileEntry file in metainfo.Files.Where(file => file != skipped && !file.IsPadding))
        {
            Assert.Equal(
                await File.ReadAllBytesAsync(Path.Combine(meeting.SeedFolder, file.Path), Token),
                await File.ReadAllBytesAsync(Path.Combine(meeting.DownloadFolder, file.Path), Token));
        }

        // The first and the last piece of the skipped file belong to its neighbours too.
        long others = metainfo.ContentSize - skipped.Length;
        Assert.InRange(status.WantedSize, others, others + (2 * Payload.PieceLength));
        Assert.Equal(status.WantedSize, status.CompletedSize);
        Assert.True(status.VerifiedPieces < metainfo.PieceCount);
        Assert.Single(client.Said.OfType<TorrentCompleted>());
    }

    [Fact]
    public async Task A_choice_that_leaves_no_file_fails_the_start()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);
        if (!client.Client.Capabilities.HasFlag(ClientCapabilities.FilePriorities))
            return;
        TorrentMetainfo metainfo = await workspace.MakeAsync();

        TorrentAnswer answer = await client.AskAsync(client.NewStart(metainfo, workspace.Download) with
        {
            Selection = new FileSelection { Include = ["nothing is called that"] },
        });

        Assert.Equal(TorrentErrorId.NothingSelected, Assert.IsType<TorrentStartFail>(answer).Error.Id);
        Assert.Empty(Directory.EnumerateFileSystemEntries(workspace.Download));
    }

    [Fact]
    public async Task Files_are_wanted_and_no_longer_wanted_while_the_torrent_runs()
    {
        ITorrentEngine under = Engine;
        await using Meeting meeting = await MakeAsync(below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer seed = await SeedAsync(meeting);
        await using var client = new ContractClient(under, meeting.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(meeting.Torrent);
        TorrentFileEntry late = metainfo.Files.MaxBy(file => file.Length)!;
        IReadOnlyList<FilePriority> few = [.. metainfo.Files.Select(file => file == late ? FilePriority.Skip : FilePriority.Normal)];
        await client.StartAsync(client.NewStart(metainfo, meeting.DownloadFolder) with { Peers = [seed.EndPoint], FilePriorities = few });
        await client.WaitUntilSeedingAsync(metainfo.InfoHash);

        TorrentAnswer answer = await client.AskAsync(new SetFilePriorities(
            client.NextId(), metainfo.InfoHash, [.. metainfo.Files.Select(_ => FilePriority.Normal)]));

        if (!client.Client.Capabilities.HasFlag(ClientCapabilities.FilePriorities))
        {
            Assert.Equal(TorrentErrorId.NotSupported, Assert.IsType<CommandFail>(answer).Error.Id);
            return;
        }

        Assert.IsType<CommandDone>(answer);
        TorrentStatus status = await client.WaitAsync(
            metainfo.InfoHash, "all is here", now => now.State == TorrentState.Seeding && now.VerifiedPieces == now.PieceCount);
        meeting.AssertDownloaded();
        Assert.Equal(metainfo.TotalSize, status.WantedSize);
        await client.UntilAsync(() => client.Said.OfType<TorrentCompleted>().Count() == 2, "completion is said again");
    }

    [Fact]
    public async Task A_download_that_was_closed_goes_on_where_it_was()
    {
        ITorrentEngine under = Engine;
        await using Meeting meeting = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(meeting);
        TorrentMetainfo metainfo = OurPeer.Read(meeting.Torrent);
        TorrentStatus first = await DownloadAPartAsync(under, meeting, metainfo, seed, async client =>
            Assert.IsType<TorrentClosed>(await client.AskAsync(new CloseTorrent(client.NextId(), metainfo.InfoHash))).Status);
        Assert.InRange(first.VerifiedPieces, 8, first.PieceCount - 1);

        await using var client = new ContractClient(under, meeting.Workspace["state"]);
        await client.StartAsync(client.NewStart(metainfo, meeting.DownloadFolder) with { Peers = [seed.EndPoint] });
        TorrentStatus second = await client.WaitUntilSeedingAsync(metainfo.InfoHash);

        meeting.AssertDownloaded();
        Assert.Equal(0, second.RecheckedPieces);
        Assert.InRange(second.BytesReceived - first.BytesReceived, 1, second.TotalSize - first.CompletedSize);
        Assert.Equal(first.AddedAt, second.AddedAt);
    }

    [Fact]
    public async Task What_one_engine_has_saved_another_goes_on_with()
    {
        ITorrentEngine under = Engine;
        ITorrentEngine other = EngineCatalog.Installed.Find(
            EngineCatalog.Installed.Names.FirstOrDefault(name => name != engine) ?? engine);
        await using Meeting meeting = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(meeting);
        TorrentMetainfo metainfo = OurPeer.Read(meeting.Torrent);
        TorrentStatus first = await DownloadAPartAsync(under, meeting, metainfo, seed, async client =>
            Assert.IsType<TorrentClosed>(await client.AskAsync(new CloseTorrent(client.NextId(), metainfo.InfoHash))).Status);

        await using var client = new ContractClient(other, meeting.Workspace["state"]);
        await client.StartAsync(client.NewStart(metainfo, meeting.DownloadFolder) with { Peers = [seed.EndPoint] });
        TorrentStatus second = await client.WaitUntilSeedingAsync(metainfo.InfoHash);

        meeting.AssertDownloaded();
        Assert.Equal(0, second.RecheckedPieces);
        Assert.InRange(second.BytesReceived - first.BytesReceived, 1, second.TotalSize - first.CompletedSize);
    }

    [Fact]
    public async Task A_client_that_is_disposed_in_the_middle_answers_what_is_open_saves_and_ends()
    {
        ITorrentEngine under = Engine;
        await using Meeting meeting = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(meeting);
        TorrentMetainfo metainfo = OurPeer.Read(meeting.Torrent);
        TorrentCommand[] open = [];
        ContractClient? gone = null;
        TorrentStatus first = await DownloadAPartAsync(under, meeting, metainfo, seed, async client =>
        {
            open =
            [
                new RecheckTorrent(client.NextId(), metainfo.InfoHash), new SuspendTorrent(client.NextId(), metainfo.InfoHash),
                new ResumeTorrent(client.NextId(), metainfo.InfoHash), new AddSources(client.NextId(), metainfo.InfoHash, [seed.EndPoint], []),
            ];
            foreach (TorrentCommand command in open)
                client.Client.Post(command);
            await client.DisposeAsync();
            gone = client;
            return client.Said.OfType<TorrentStateChanged>().Last().Status;
        });

        Assert.All(open, command => Assert.Single(gone!.Answers(command)));
        Assert.Equal(TorrentState.Stopped, first.State);
        await gone!.Client.DisposeAsync();

        await using var client = new ContractClient(under, meeting.Workspace["state"]);
        await client.StartAsync(client.NewStart(metainfo, meeting.DownloadFolder) with { Peers = [seed.EndPoint] });
        TorrentStatus second = await client.WaitUntilSeedingAsync(metainfo.InfoHash);
        meeting.AssertDownloaded();
        Assert.True(second.BytesReceived < 2 * second.TotalSize);
    }

    [Fact]
    public async Task Disposal_while_torrents_start_is_answered_for_each_of_them()
    {
        using var workspace = new ContractWorkspace();
        var client = new ContractClient(Engine, workspace.State);
        var starts = new List<CreateNewTorrent>();
        for (int i = 0; i < 10; i++)
            starts.Add(client.NewStart(await workspace.MakeAsync($"file {i}"), workspace.Seed));

        foreach (CreateNewTorrent start in starts)
            client.Client.Post(start);
        await client.DisposeAsync();

        Assert.All(starts, start => Assert.Single(client.Answers(start)));
        // Every state is free again: nobody holds it.
        await using var next = new ContractClient(Engine, workspace.State);
        foreach (CreateNewTorrent start in starts)
            await next.StartAsync(next.NewStart(start.Metainfo!, workspace.Seed));
        Assert.Equal(starts.Count, next.Client.GetStatuses().Count);
    }

    [Fact]
    public async Task Two_clients_in_one_process_know_nothing_of_each_other_and_one_may_go()
    {
        ITorrentEngine under = Engine;
        await using Meeting meeting = await MakeAsync();
        TorrentMetainfo metainfo = OurPeer.Read(meeting.Torrent);
        await using var seeding = new ContractClient(under, meeting.Workspace["seed state"]);
        await seeding.StartAsync(seeding.NewStart(metainfo, meeting.SeedFolder));
        await seeding.WaitUntilSeedingAsync(metainfo.InfoHash);

        await using (var downloading = new ContractClient(under, meeting.Workspace["state"]))
        {
            await downloading.StartAsync(downloading.NewStart(metainfo, meeting.DownloadFolder) with { Peers = [seeding.EndPoint] });
            await downloading.WaitUntilSeedingAsync(metainfo.InfoHash);
            Assert.Equal(meeting.DownloadFolder, downloading.Client.GetStatus(metainfo.InfoHash)!.Destination);
        }

        meeting.AssertDownloaded();
        Assert.Equal(TorrentState.Seeding, seeding.Client.GetStatus(metainfo.InfoHash)!.State);
        Assert.Equal(meeting.SeedFolder, seeding.Client.GetStatus(metainfo.InfoHash)!.Destination);
        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, meeting.Torrent, meeting.Workspace["third"], meeting.Workspace, peers: seeding.EndPoint);
        await downloader.WaitUntilSeedingAsync();
    }

    [Fact]
    public async Task A_torrent_rests_and_goes_on()
    {
        ITorrentEngine under = Engine;
        await using Meeting meeting = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(meeting);
        await using var client = new ContractClient(under, meeting.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(meeting.Torrent);
        InfoHash torrent = metainfo.InfoHash;

        TorrentStatus status = await client.StartAsync(
            client.NewStart(metainfo, meeting.DownloadFolder) with { Peers = [seed.EndPoint], Suspended = true });
        Assert.Equal(TorrentState.Suspended, status.State);
        Assert.IsType<CommandDone>(await client.AskAsync(new ResumeTorrent(client.NextId(), torrent)));
        await client.WaitAsync(torrent, "something is here", now => now.VerifiedPieces > 0);
        status = Assert.IsType<CommandDone>(await client.AskAsync(new SuspendTorrent(client.NextId(), torrent))).Status;
        Assert.Equal(TorrentState.Suspended, status.State);
        Assert.Equal(0, status.ConnectedPeers);
        Assert.IsType<CommandDone>(await client.AskAsync(new ResumeTorrent(client.NextId(), torrent)));
        await client.WaitUntilSeedingAsync(torrent);

        meeting.AssertDownloaded();
        Assert.Single(client.Said.OfType<TorrentCompleted>());
    }

    [Fact]
    public async Task A_byte_that_was_changed_on_disk_is_found_by_a_check_and_its_piece_fetched_anew()
    {
        ITorrentEngine under = Engine;
        await using Meeting meeting = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(meeting);
        await using var client = new ContractClient(under, meeting.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(meeting.Torrent);
        await client.StartAsync(client.NewStart(metainfo, meeting.DownloadFolder) with { Peers = [seed.EndPoint] });
        TorrentStatus complete = await client.WaitUntilSeedingAsync(metainfo.InfoHash);
        ChangeByte(meeting);

        TorrentAnswer answer = await client.AskAsync(new RecheckTorrent(client.NextId(), metainfo.InfoHash));
        TorrentStatus again = await client.WaitUntilSeedingAsync(metainfo.InfoHash);

        if (client.Client.Capabilities.HasFlag(ClientCapabilities.BadPieces))
            Assert.Equal([Size / 2 / Payload.PieceLength], Assert.IsType<TorrentChecked>(answer).BadPieces);
        else
            Assert.IsType<CommandDone>(answer);
        meeting.AssertDownloaded();
        Assert.Equal(complete.PieceCount, again.RecheckedPieces);
        Assert.Equal(Payload.PieceLength, again.BytesReceived - complete.BytesReceived);
    }

    [Fact]
    public async Task A_file_that_was_changed_while_nobody_ran_it_is_not_believed()
    {
        ITorrentEngine under = Engine;
        await using Meeting meeting = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(meeting);
        TorrentMetainfo metainfo = OurPeer.Read(meeting.Torrent);
        await using (var before = new ContractClient(under, meeting.Workspace["state"]))
        {
            await before.StartAsync(before.NewStart(metainfo, meeting.DownloadFolder) with { Peers = [seed.EndPoint] });
            await before.WaitUntilSeedingAsync(metainfo.InfoHash);
        }

        ChangeByte(meeting);
        await using var client = new ContractClient(under, meeting.Workspace["state"]);
        await client.StartAsync(client.NewStart(metainfo, meeting.DownloadFolder) with { Peers = [seed.EndPoint] });
        TorrentStatus status = await client.WaitUntilSeedingAsync(metainfo.InfoHash);

        meeting.AssertDownloaded();
        Assert.Equal(metainfo.PieceCount, status.RecheckedPieces);
    }

    [Fact]
    public async Task A_torrent_that_has_seeded_enough_rests_and_says_so_once()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);
        if (!client.Client.Capabilities.HasFlag(ClientCapabilities.SeedGoals))
            return;
        TorrentMetainfo metainfo = await workspace.MakeAsync();

        await client.StartAsync(client.NewStart(metainfo, workspace.Seed) with
        {
            Options = new TorrentOptions { Goal = new SeedGoal(null, TimeSpan.FromSeconds(1)) },
        });
        SeedGoalReached reached = await client.HearAsync<SeedGoalReached>();
        Assert.Equal(TorrentState.Suspended, reached.Status.State);
        Assert.True(reached.Status.SeedingTime >= TimeSpan.FromSeconds(1));
        Assert.IsType<CommandDone>(await client.AskAsync(new ResumeTorrent(client.NextId(), metainfo.InfoHash)));
        await client.WaitAsync(
            metainfo.InfoHash, "it seeds on", status => status is { State: TorrentState.Seeding, SeedingTime.TotalSeconds: > 2.5 });

        Assert.Single(client.Said.OfType<SeedGoalReached>());
    }

    [Fact]
    public async Task What_is_set_while_a_torrent_runs_holds_and_is_remembered()
    {
        ITorrentEngine under = Engine;
        using var workspace = new ContractWorkspace();
        TorrentMetainfo metainfo = await workspace.MakeAsync();
        InfoHash torrent = metainfo.InfoHash;
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
    public async Task What_an_engine_lacks_it_refuses_and_says_what_to_do()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);
        TorrentMetainfo metainfo = await workspace.MakeAsync();
        InfoHash torrent = metainfo.InfoHash;
        (ClientCapabilities, TorrentOptions)[] starts =
        [
            (ClientCapabilities.Sequential, new TorrentOptions { Sequential = true }),
            (ClientCapabilities.SeedGoals, new TorrentOptions { Goal = new SeedGoal(1, null) }),
            (ClientCapabilities.FreeSpace, new TorrentOptions { MinimumFreeSpace = 1 }),
        ];
        foreach ((ClientCapabilities capability, TorrentOptions options) in starts)
        {
            if (Has(capability))
                continue;
            TorrentAnswer answer = await client.AskAsync(client.NewStart(metainfo, workspace.Seed) with { Options = options });
            AssertNotSupported(Assert.IsType<TorrentStartFail>(answer).Error);
        }

        await client.StartAsync(client.NewStart(metainfo, workspace.Seed));
        await client.WaitUntilSeedingAsync(torrent);
        Uri tracker = new("http://127.0.0.1:9/announce");
        (ClientCapabilities, Func<TorrentCommand>)[] commands =
        [
            (ClientCapabilities.Sequential, () => new SetTorrent(client.NextId(), torrent, new TorrentOptions { Sequential = true })),
            (ClientCapabilities.SeedGoals, () => new SetTorrent(client.NextId(), torrent, new TorrentOptions { Goal = new SeedGoal(1, null) })),
            (ClientCapabilities.Move, () => new MoveTorrent(client.NextId(), torrent, workspace.Download)),
            (ClientCapabilities.DeleteData, () => new RemoveTorrent(client.NextId(), torrent, DeleteData: true)),
            (ClientCapabilities.ManageTrackers, () => new RemoveTrackers(client.NextId(), torrent, [tracker])),
            (ClientCapabilities.ManageTrackers, () => new AnnounceNow(client.NextId(), torrent, [])),
        ];
        foreach ((ClientCapabilities capability, Func<TorrentCommand> command) in commands)
        {
            if (!Has(capability))
                AssertNotSupported(Assert.IsType<CommandFail>(await client.AskAsync(command())).Error);
        }

        AssertNotSupported(Assert.IsType<CommandFail>(await client.AskAsync(new NobodysCommand(client.NextId(), torrent))).Error);
        Assert.Equal(TorrentState.Seeding, client.Client.GetStatus(torrent)!.State);

        bool Has(ClientCapabilities capability) => client.Client.Capabilities.HasFlag(capability);

        void AssertNotSupported(TorrentError error)
        {
            Assert.Equal(TorrentErrorId.NotSupported, error.Id);
            Assert.Contains(client.Client.Name, error.Message, StringComparison.Ordinal);
            Assert.NotEmpty(error.Remedy);
        }
    }

    [Fact]
    public async Task After_its_end_a_client_refuses_everything()
    {
        using var workspace = new ContractWorkspace();
        ITorrentClient client = Engine.CreateClient(new ClientSettings { BindAddress = IPAddress.Loopback });
        TorrentMetainfo metainfo = await workspace.MakeAsync();
        await client.DisposeAsync();
        await client.DisposeAsync();

        client.Post(new CloseTorrent(1, metainfo.InfoHash));

        Assert.Empty(client.GetStatuses());
        Assert.Null(client.GetStatus(metainfo.InfoHash));
        await client.Messages.Completion.WaitAsync(Token);
    }

    private static Task<Meeting> MakeAsync() => MakeAsync(below => Payload.WriteFile(below, Size));

    private static Task<Meeting> MakeAsync(Func<string, string> write) => Meeting.MakeAsync(TorrentTool.Libtorrent, Road.DirectPeer, write);

    private static async Task<ForeignPeer> SeedAsync(Meeting meeting)
    {
        ForeignPeer seed = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, meeting.Torrent, meeting.SeedFolder, meeting.Workspace);
        await seed.WaitUntilSeedingAsync();
        return seed;
    }

    /// <summary>Downloads some pieces, and then does something that ends the download.</summary>
    private static async Task<TorrentStatus> DownloadAPartAsync(
        ITorrentEngine under, Meeting meeting, TorrentMetainfo metainfo, ForeignPeer seed, Func<ContractClient, Task<TorrentStatus>> end)
    {
        await using var client = new ContractClient(under, meeting.Workspace["state"]);
        await client.StartAsync(client.NewStart(metainfo, meeting.DownloadFolder) with
        {
            Peers = [seed.EndPoint],
            Options = new TorrentOptions { MaxDownloadRate = SlowRate },
        });
        await client.WaitAsync(metainfo.InfoHash, "a part is here", status => status.VerifiedPieces >= 8);
        return await end(client);
    }

    /// <summary>Changes a byte in the middle of the only file.</summary>
    private static void ChangeByte(Meeting meeting)
    {
        using FileStream file = File.Open(
            Assert.Single(Directory.GetFiles(meeting.DownloadFolder)), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = Size / 2;
        int old = file.ReadByte();
        file.Position = Size / 2;
        file.WriteByte((byte)(old ^ 1));
    }

    /// <summary>A command that no engine knows.</summary>
    private sealed record NobodysCommand(long CorrelationId, InfoHash TorrentId) : TorrentCommand(CorrelationId, TorrentId);
}

public sealed class BuiltInEngineContract() : EngineContract(BuiltInEngine.EngineName);

public sealed class MonoTorrentContract() : EngineContract("MonoTorrent");
