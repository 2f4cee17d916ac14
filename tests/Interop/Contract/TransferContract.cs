using System.Net;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Service.Engines;
using TorrentPatron.Service.State;

namespace TorrentPatron.Interop.Tests.Contract;

/// <summary>Downloads and uploads between any engine and libtorrent.</summary>
/// <param name="engine">The engine's name.</param>
/// <param name="byService">Whether it is used through a service and its socket.</param>
public abstract class TransferContract(string engine, bool byService = false) : EngineContract(engine, byService)
{
    [Theory]
    [InlineData(Shape.SingleFile)]
    [InlineData(Shape.Folder)]
    public async Task A_download_passes_through_its_states_and_completes_once(Shape shape)
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync(below => Payload.Write(shape, below));
        await using ForeignPeer seed = await SeedAsync(swarm);
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);

        TorrentStatus status = await client.StartAsync(
            client.NewStart(metainfo, swarm.DownloadFolder) with { Peers = [seed.EndPoint] });
        Assert.Equal(metainfo.InfoHash.ToString(), status.InfoHash);
        status = await client.WaitUntilSeedingAsync(metainfo.TorrentId);
        await client.HearAsync<TorrentStatusUpdate>(update => update.Status.State == TorrentState.Seeding);

        swarm.AssertDownloaded();
        Assert.Equal(metainfo.ContentSize, status.TotalSize);
        Assert.Equal(status.WantedSize, status.CompletedSize);
        Assert.Equal(metainfo.PieceCount, status.VerifiedPieces);
        Assert.Equal(100, status.PercentComplete);
        Assert.NotNull(status.CompletedAt);
        Assert.Equal(swarm.DownloadFolder, status.Destination);
        Assert.Equal(CompletionReason.Downloaded, Assert.Single(client.Said.OfType<TorrentCompleted>()).Reason);
        TorrentStateChanged[] changes = [.. client.Said.OfType<TorrentStateChanged>()];
        Assert.Equal([TorrentState.Downloading, TorrentState.Seeding], changes.Select(change => change.Status.State));
        Assert.Equal(TorrentState.Downloading, changes[1].Previous);
        Assert.Single(client.Client.GetStatuses());
        Assert.Equal(1, client.Client.GetClientStatus().Torrents);
    }

    [Fact]
    public async Task Uploads_are_served_and_counted()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        await client.StartAsync(client.NewStart(metainfo, swarm.SeedFolder));
        TorrentStatus status = await client.WaitUntilSeedingAsync(metainfo.TorrentId);
        Assert.Equal(metainfo.PieceCount, status.RecheckedPieces);
        Assert.Equal(CompletionReason.Rechecked, (await client.HearAsync<TorrentCompleted>()).Reason);

        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace, peers: client.EndPoint);
        await downloader.WaitUntilSeedingAsync();

        swarm.AssertDownloaded();
        await client.WaitAsync(metainfo.TorrentId, "all sent bytes are counted", now => now.BytesSent >= now.TotalSize);
    }

    [Theory]
    [InlineData(PeerDiscovery.HttpTracker)]
    [InlineData(PeerDiscovery.UdpTracker)]
    public async Task Peers_are_found_by_a_tracker(PeerDiscovery discovery)
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await TestSwarm.MakeAsync(
            TorrentTool.Libtorrent, discovery, below => Payload.Write(Shape.SingleFile, below));
        await using ForeignPeer seed = await SeedAsync(swarm);
        await swarm.Tracker!.WaitForSeedAsync();
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);

        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder));
        TorrentStatus status = await client.WaitUntilSeedingAsync(metainfo.TorrentId);

        swarm.AssertDownloaded();
        Assert.NotNull(Assert.Single(status.Trackers).LastAnswer);
    }

    [Fact]
    public async Task A_downloading_torrent_reports_its_status_regularly()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);

        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder) with
        {
            Peers = [seed.EndPoint],
            Options = new TorrentOptions { MaxDownloadRate = SlowRate },
        });
        await client.WaitAsync(metainfo.TorrentId, "a peer is connected", status => status.ConnectedPeers == 1);
        await client.WaitAsync(metainfo.TorrentId, "it has a rate", status => status.DownloadRate > 0);
        await client.WaitUntilSeedingAsync(metainfo.TorrentId);

        TorrentStatus[] updates = [.. client.Said.OfType<TorrentStatusUpdate>().Select(update => update.Status)];
        Assert.True(updates.Count(update => update.State == TorrentState.Downloading) >= 2);
        Assert.Equal(updates.Select(update => update.CompletedSize).Order(), updates.Select(update => update.CompletedSize));
        Assert.Equal(SlowRate, updates[^1].MaxDownloadRate);
    }

    [Fact]
    public async Task A_torrent_obeys_its_own_limit_or_the_clients_if_it_has_none()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        var limit = new TorrentOptions { MaxDownloadRate = SlowRate };

        TimeSpan own = await DownloadAsync(new ClientSettings(), limit, "own");
        TimeSpan clients = await DownloadAsync(
            new ClientSettings { Limits = new RateLimits(SlowRate, 0) }, TorrentOptions.Unchanged, "clients");

        // One second's worth may come at once, and half a second's is tolerance; a slow machine may take longer.
        TimeSpan least = TimeSpan.FromSeconds(((double)Size / SlowRate) - 1.5);
        Assert.True(own > least, $"With the torrent's limit it completed in only {own.TotalSeconds:0.0} s.");
        Assert.True(clients > least, $"With the client's limit it completed in only {clients.TotalSeconds:0.0} s.");

        async Task<TimeSpan> DownloadAsync(ClientSettings settings, TorrentOptions options, string name)
        {
            await using var client = new ContractClient(under, swarm.Workspace[name + " state"], settings);
            long start = TimeProvider.System.GetTimestamp();
            await client.StartAsync(client.NewStart(metainfo, swarm.Workspace[name]) with
            {
                Peers = [seed.EndPoint],
                Options = options,
            });
            await client.WaitUntilSeedingAsync(metainfo.TorrentId);
            return TimeProvider.System.GetElapsedTime(start);
        }
    }

    [Fact]
    public async Task Skipped_files_are_not_fetched()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync(below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer seed = await SeedAsync(swarm);
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        TorrentFileEntry skipped = metainfo.Files.MaxBy(file => file.Length)!;

        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder) with
        {
            Peers = [seed.EndPoint],
            FilePriorities = [.. metainfo.Files.Select(file => file == skipped ? FilePriority.Skip : FilePriority.Normal)],
        });
        TorrentStatus status = await client.WaitUntilSeedingAsync(metainfo.TorrentId);

        foreach (TorrentFileEntry file in metainfo.Files.Where(file => file != skipped && !file.IsPadding))
        {
            Assert.Equal(
                await File.ReadAllBytesAsync(Path.Combine(swarm.SeedFolder, file.Path), Token),
                await File.ReadAllBytesAsync(Path.Combine(swarm.DownloadFolder, file.Path), Token));
        }

        // The first and last piece of the skipped file also belong to adjacent files.
        long others = metainfo.ContentSize - skipped.Length;
        Assert.InRange(status.WantedSize, others, others + (2 * Payload.PieceLength));
        Assert.Equal(status.WantedSize, status.CompletedSize);
        Assert.True(status.VerifiedPieces < metainfo.PieceCount);
        Assert.Single(client.Said.OfType<TorrentCompleted>());
    }

    [Fact]
    public async Task A_start_without_any_chosen_file_fails()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);
        Require(client, ClientCapabilities.FilePriorities);
        TorrentMetainfo metainfo = await workspace.MakeAsync();

        TorrentAnswer answer = await client.AskAsync(client.NewStart(metainfo, workspace.Download) with
        {
            Selection = new FileSelection { Include = ["nothing is called that"] },
        });

        Assert.Equal(TorrentErrorId.NothingSelected, Assert.IsType<TorrentStartFail>(answer).Error.Id);
        Assert.Empty(Directory.EnumerateFileSystemEntries(workspace.Download));
    }

    [Fact]
    public async Task File_priorities_can_be_changed_while_the_torrent_runs()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync(below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer seed = await SeedAsync(swarm);
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        TorrentFileEntry late = metainfo.Files.MaxBy(file => file.Length)!;
        IReadOnlyList<FilePriority> few = [.. metainfo.Files.Select(file => file == late ? FilePriority.Skip : FilePriority.Normal)];
        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder) with { Peers = [seed.EndPoint], FilePriorities = few });
        await client.WaitUntilSeedingAsync(metainfo.TorrentId);

        TorrentAnswer answer = await client.AskAsync(new SetFilePriorities(
            client.NextId(), metainfo.TorrentId, [.. metainfo.Files.Select(_ => FilePriority.Normal)]));

        if (!client.Client.Capabilities.HasFlag(ClientCapabilities.FilePriorities))
        {
            Assert.Equal(TorrentErrorId.NotSupported, Assert.IsType<CommandFail>(answer).Error.Id);
            return;
        }

        Assert.IsType<CommandDone>(answer);
        TorrentStatus status = await client.WaitAsync(
            metainfo.TorrentId, "all pieces have arrived", now => now.State == TorrentState.Seeding && now.VerifiedPieces == now.PieceCount);
        swarm.AssertDownloaded();
        Assert.Equal(metainfo.TotalSize, status.WantedSize);
        await client.UntilAsync(() => client.Said.OfType<TorrentCompleted>().Count() == 2, "completion is reported again");
    }

    [Fact]
    public async Task Hostile_file_names_create_nothing_outside_the_torrents_folder()
    {
        ITorrentEngine under = Engine;
        using var workspace = new ContractWorkspace();
        string marker = Path.GetFileName(Path.GetDirectoryName(workspace.Seed)) + ".escaped";
        await using var client = new ContractClient(under, workspace.State);
        foreach (HostileNames torrent in HostileNames.All(marker))
        {
            if (torrent.HalvesDiffer)
            {
                Assert.Throws<MetainfoException>(() => MetainfoReader.Read(torrent.Bytes));
                continue;
            }

            TorrentMetainfo metainfo = MetainfoReader.Read(torrent.Bytes);
            string download = workspace.File("a/b/c/" + torrent.Name);

            TorrentAnswer answer = await client.AskAsync(client.NewStart(metainfo, download));

            if (answer is TorrentStartFail fail)
            {
                Assert.True(
                    fail.Error.Id is TorrentErrorId.InvalidTorrent or TorrentErrorId.UnsupportedSource or TorrentErrorId.NotSupported, fail.Error.Message);
            }
            else
            {
                await client.WaitAsync(metainfo.TorrentId, "it runs", status => status.State is TorrentState.Downloading or TorrentState.Seeding);
                Assert.IsType<TorrentClosed>(await client.AskAsync(new CloseTorrent(client.NextId(), metainfo.TorrentId)));
                Directory.Delete(download, recursive: true);
            }

            string[] escaped = [.. HostileNames.Places(marker).Where(Path.Exists)];
            Assert.True(escaped.Length == 0, $"{torrent.Name}: {string.Join(' ', escaped)}");
        }

        Assert.Empty(Directory.EnumerateFiles(workspace.File(""), marker, SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Saved_peers_are_kept_by_a_run_that_reaches_none()
    {
        ITorrentEngine under = Engine;
        using var workspace = new ContractWorkspace();
        TorrentMetainfo metainfo = await workspace.MakeAsync();
        IPEndPoint[] saved = [new IPEndPoint(IPAddress.Loopback, 9), new IPEndPoint(IPAddress.Loopback, 11)];
        var states = new StateFolder(workspace.State);
        using (ResumeStore store = states.Open(metainfo))
            store.Checkpoint(new ResumeData { Destination = workspace.Download, Verified = new Bitfield(metainfo.PieceCount), Peers = saved });
        await using (var client = new ContractClient(under, workspace.State))
        {
            await client.StartAsync(client.NewStart(metainfo, workspace.Download));
            await client.AskAsync(new CloseTorrent(client.NextId(), metainfo.TorrentId));
        }

        using ResumeStore after = states.Open(metainfo);
        Assert.Equal(saved.Order(Comparer<IPEndPoint>.Create((a, b) => a.Port - b.Port)), after.Load(out _)!.Peers.OrderBy(peer => peer.Port));
    }

    [Fact]
    public async Task A_peer_that_sends_garbage_is_banned_and_not_dialled_again()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        await using var poisoner = new Poisoner(metainfo);
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder) with { Peers = [poisoner.EndPoint] });

        await client.WaitAsync(metainfo.TorrentId, "a piece was bad", now => now.FailedPieces > 0);
        await client.WaitAsync(metainfo.TorrentId, "the peer is disconnected", now => now.ConnectedPeers == 0);
        int connections = poisoner.Connections;
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);

        Assert.Equal(connections, poisoner.Connections);
        TorrentStatus status = client.Client.GetStatus(metainfo.TorrentId)!;
        Assert.Equal((0, TorrentState.Downloading), (status.VerifiedPieces, status.State));
        Assert.InRange(status.BytesWasted, 1, 2 * metainfo.TotalSize); // some are in flight when the first is found to be bad
        await client.UntilAsync(
            () => client.Client.GetClosedPeers(metainfo.TorrentId).Any(peer => peer.EndPoint.Equals(poisoner.EndPoint)
                && peer is { ClosedBy: ClosedBy.Us, Reason: "It sent corrupt data." }),
            "the reason for its disconnection is remembered");
    }

    [Theory]
    [InlineData(false, ClosedBy.Peer)]
    [InlineData(true, ClosedBy.Network)]
    public async Task A_closed_peer_is_remembered_with_the_side_that_closed(bool breaks, ClosedBy expected)
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        await using var disconnecting = new DisconnectingPeer(metainfo);
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder) with { Peers = [disconnecting.EndPoint] });
        await client.WaitAsync(metainfo.TorrentId, "a peer is connected", now => now.ConnectedPeers == 1);
        Assert.Empty(client.Client.GetClosedPeers(metainfo.TorrentId));

        disconnecting.Leave(breaks);
        await client.UntilAsync(() => client.Client.GetClosedPeers(metainfo.TorrentId).Count > 0, "it is remembered");

        ClosedPeer closed = client.Client.GetClosedPeers(metainfo.TorrentId)[0];
        Assert.Equal((disconnecting.EndPoint, expected), (closed.EndPoint, closed.ClosedBy));
        Assert.EndsWith(".", closed.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peers_disconnected_by_a_suspension_are_remembered_with_that_reason()
    {
        ITorrentEngine under = Engine;
        await using TestSwarm swarm = await MakeAsync();
        TorrentMetainfo metainfo = OurPeer.Read(swarm.Torrent);
        await using var disconnecting = new DisconnectingPeer(metainfo);
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder) with { Peers = [disconnecting.EndPoint] });
        await client.WaitAsync(metainfo.TorrentId, "a peer is connected", now => now.ConnectedPeers == 1);

        await client.AskAsync(new SuspendTorrent(client.NextId(), metainfo.TorrentId));
        await client.UntilAsync(() => client.Client.GetClosedPeers(metainfo.TorrentId).Count > 0, "it is remembered");

        ClosedPeer closed = client.Client.GetClosedPeers(metainfo.TorrentId)[0];
        Assert.Equal(ClosedBy.Us, closed.ClosedBy);
        Assert.DoesNotContain("does not say", closed.Reason, StringComparison.Ordinal);
    }
}

public sealed class BuiltInTransfer() : TransferContract(BuiltInEngine.EngineName);

public sealed class TransferByService() : TransferContract(BuiltInEngine.EngineName, byService: true);

public sealed class MonoTorrentTransfer() : TransferContract("MonoTorrent");
