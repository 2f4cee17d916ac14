using System.Net;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Engines;

namespace TorrentPatron.Interop.Tests.Contract;

/// <summary>The client of any engine: it starts and stops torrents, answers each command once, rejects unsupported requests, and ends.</summary>
/// <param name="engine">The engine's name.</param>
/// <param name="byService">Whether it is used through a service and its socket.</param>
public abstract class ClientContract(string engine, bool byService = false) : EngineContract(engine, byService)
{
    [Fact]
    public async Task A_client_has_its_engines_name_and_reports_its_end_point()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);

        Assert.Equal(EngineName, client.Client.Name);
        Assert.Equal(EngineName, client.Client.GetClientStatus().Engine);
        Assert.Equal(IPAddress.Loopback, client.EndPoint.Address);
        Assert.NotEqual(0, client.EndPoint.Port);
        Assert.Null(client.Client.GetClientStatus().Warning);
    }

    [Fact]
    public async Task A_client_does_not_listen_if_told_not_to_and_warns_if_it_cannot()
    {
        using var workspace = new ContractWorkspace();
        await using var first = new ContractClient(Engine, workspace.State);
        await using var deaf = new ContractClient(Engine, workspace.State, new ClientSettings { ListenPort = -1 });
        await using var late = new ContractClient(Engine, workspace.State, new ClientSettings { ListenPort = first.EndPoint.Port });

        Assert.Empty(deaf.Client.GetClientStatus().ListenEndPoints);
        Assert.Null(deaf.Client.GetClientStatus().Warning);
        Assert.Equal(TorrentErrorId.ListenFailed, late.Client.GetClientStatus().Warning?.Id);
    }

    [Fact]
    public async Task A_start_of_a_running_torrent_returns_that_torrent()
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
    public async Task A_failed_start_reports_the_reason_and_leaves_nothing_behind()
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
        Assert.Null(client.Client.GetStatus(metainfo.TorrentId));
        Assert.Empty(client.Client.GetStatuses());
        // It can be started at a destination that is writable.
        await client.StartAsync(client.NewStart(metainfo, workspace.Seed));
        await client.WaitUntilSeedingAsync(metainfo.TorrentId);
    }

    [Fact]
    public async Task A_closed_torrent_is_forgotten_and_can_be_started_again()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);
        TorrentMetainfo metainfo = await workspace.MakeAsync();
        await client.StartAsync(client.NewStart(metainfo, workspace.Seed));
        await client.WaitUntilSeedingAsync(metainfo.TorrentId);

        TorrentAnswer closed = await client.AskAsync(new CloseTorrent(client.NextId(), metainfo.TorrentId));
        TorrentAnswer again = await client.AskAsync(new CloseTorrent(client.NextId(), metainfo.TorrentId));

        Assert.Equal(TorrentState.Stopped, Assert.IsType<TorrentClosed>(closed).Status.State);
        Assert.Equal(TorrentErrorId.TorrentNotFound, Assert.IsType<CommandFail>(again).Error.Id);
        Assert.Null(client.Client.GetStatus(metainfo.TorrentId));

        await client.StartAsync(client.NewStart(metainfo, workspace.Seed));
        TorrentStatus status = await client.WaitUntilSeedingAsync(metainfo.TorrentId);
        Assert.Equal(0, status.RecheckedPieces);
        Assert.Equal(CompletionReason.AlreadyOnDisk, client.Said.OfType<TorrentCompleted>().Last().Reason);
    }

    [Fact]
    public async Task Commands_for_a_torrent_that_is_not_running_fail()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);
        TorrentId nobody = (await workspace.MakeAsync()).TorrentId;
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
    public async Task Disposing_a_busy_client_answers_pending_commands_and_saves_state()
    {
        SkipByService("its torrents do not end with a client.");
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        TorrentCommand[] open = [];
        ContractClient? gone = null;
        TorrentStatus first = await DownloadAPartAsync(under, swarm, metainfo, seed, async client =>
        {
            open =
            [
                new RecheckTorrent(client.NextId(), metainfo.TorrentId), new SuspendTorrent(client.NextId(), metainfo.TorrentId),
                new ResumeTorrent(client.NextId(), metainfo.TorrentId), new AddSources(client.NextId(), metainfo.TorrentId, [seed.EndPoint], []),
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

        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder) with { Peers = [seed.EndPoint] });
        TorrentStatus second = await client.WaitUntilSeedingAsync(metainfo.TorrentId);
        swarm.AssertDownloaded();
        Assert.True(second.BytesReceived < 2 * second.TotalSize);
    }

    [Fact]
    public async Task Disposing_a_client_answers_each_pending_start()
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
        // Every saved state is free again: no store holds it.
        await using var next = new ContractClient(Engine, workspace.State);
        foreach (CreateNewTorrent start in starts)
            await next.StartAsync(next.NewStart(start.Metainfo!, workspace.Seed));
        Assert.Equal(starts.Count, next.Client.GetStatuses().Count);
    }

    [Fact]
    public async Task Two_clients_in_one_process_are_independent_and_one_can_be_disposed()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        await using var seeding = new ContractClient(under, swarm.Workspace["seed state"]);
        await seeding.StartAsync(seeding.NewStart(metainfo, swarm.SeedFolder));
        await seeding.WaitUntilSeedingAsync(metainfo.TorrentId);

        await using (var downloading = new ContractClient(under, swarm.Workspace["state"]))
        {
            await downloading.StartAsync(downloading.NewStart(metainfo, swarm.DownloadFolder) with { Peers = [seeding.EndPoint] });
            await downloading.WaitUntilSeedingAsync(metainfo.TorrentId);
            Assert.Equal(swarm.DownloadFolder, downloading.Client.GetStatus(metainfo.TorrentId)!.Destination);
        }

        swarm.AssertDownloaded();
        Assert.Equal(TorrentState.Seeding, seeding.Client.GetStatus(metainfo.TorrentId)!.State);
        Assert.Equal(swarm.SeedFolder, seeding.Client.GetStatus(metainfo.TorrentId)!.Destination);
        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.Workspace["third"], swarm.Workspace, peers: seeding.EndPoint);
        await downloader.WaitUntilSeedingAsync();
    }

    [Fact]
    public async Task Unsupported_requests_fail_with_an_error_and_a_remedy()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);
        TorrentMetainfo metainfo = await workspace.MakeAsync();
        TorrentId torrent = metainfo.TorrentId;
        (ClientCapabilities, TorrentOptions)[] starts =
        [
            (ClientCapabilities.Sequential, new TorrentOptions { Sequential = true }),
            (ClientCapabilities.SuperSeeding, new TorrentOptions { SuperSeeding = true }),
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

        Uri webSeed = new("http://127.0.0.1:9/");
        if (!Has(ClientCapabilities.WebSeeds))
        {
            TorrentAnswer answer = await client.AskAsync(client.NewStart(metainfo, workspace.Seed) with { WebSeeds = [webSeed] });
            AssertNotSupported(Assert.IsType<TorrentStartFail>(answer).Error);
        }

        if (!Has(ClientCapabilities.Magnets))
        {
            var store = new ClosableStore();
            TorrentAnswer answer = await client.AskAsync(
                new CreateNewTorrent(client.NextId(), MagnetLink.Parse($"magnet:?xt=urn:btih:{torrent}"), workspace.Seed) { ResumeStore = store });
            AssertNotSupported(Assert.IsType<TorrentStartFail>(answer).Error);
            Assert.True(store.IsClosed);
        }

        await client.StartAsync(client.NewStart(metainfo, workspace.Seed));
        await client.WaitUntilSeedingAsync(torrent);
        Uri tracker = new("http://127.0.0.1:9/announce");
        (ClientCapabilities, Func<TorrentCommand>)[] commands =
        [
            (ClientCapabilities.Sequential, () => new SetTorrent(client.NextId(), torrent, new TorrentOptions { Sequential = true })),
            (ClientCapabilities.SuperSeeding, () => new SetTorrent(client.NextId(), torrent, new TorrentOptions { SuperSeeding = true })),
            (ClientCapabilities.SeedGoals, () => new SetTorrent(client.NextId(), torrent, new TorrentOptions { Goal = new SeedGoal(1, null) })),
            (ClientCapabilities.Move, () => new MoveTorrent(client.NextId(), torrent, workspace.Download)),
            (ClientCapabilities.DeleteData, () => new RemoveTorrent(client.NextId(), torrent, DeleteData: true)),
            (ClientCapabilities.ManageTrackers, () => new RemoveTrackers(client.NextId(), torrent, [tracker])),
            (ClientCapabilities.WebSeeds, () => new AddSources(client.NextId(), torrent, [], []) { WebSeeds = [webSeed] }),
            (ClientCapabilities.WebSeeds, () => new RemoveWebSeeds(client.NextId(), torrent, [webSeed])),
            (ClientCapabilities.ManageTrackers, () => new AnnounceNow(client.NextId(), torrent, [])),
        ];
        foreach ((ClientCapabilities capability, Func<TorrentCommand> command) in commands)
        {
            if (!Has(capability))
                AssertNotSupported(Assert.IsType<CommandFail>(await client.AskAsync(command())).Error);
        }

        if (!IsByService) // A service's clients cannot send an unknown command.
            AssertNotSupported(Assert.IsType<CommandFail>(await client.AskAsync(new UnknownCommand(client.NextId(), torrent))).Error);
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
    public async Task A_disposed_client_refuses_every_command()
    {
        using var workspace = new ContractWorkspace();
        ITorrentClient client = Engine.CreateClient(new ClientSettings { BindAddress = IPAddress.Loopback });
        TorrentMetainfo metainfo = await workspace.MakeAsync();
        await client.DisposeAsync();
        await client.DisposeAsync();

        client.Post(new CloseTorrent(1, metainfo.TorrentId));

        Assert.Empty(client.GetStatuses());
        Assert.Null(client.GetStatus(metainfo.TorrentId));
        await client.Messages.Completion.WaitAsync(Token);
    }

    /// <summary>A command that every engine rejects.</summary>
    private sealed record UnknownCommand(long CorrelationId, TorrentId TorrentId) : TorrentCommand(CorrelationId, TorrentId);
}

public sealed class BuiltInClient() : ClientContract(BuiltInEngine.EngineName);

public sealed class ClientByService() : ClientContract(BuiltInEngine.EngineName, byService: true);

public sealed class MonoTorrentClient() : ClientContract("MonoTorrent");
