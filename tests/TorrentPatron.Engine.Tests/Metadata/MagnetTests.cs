using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Metadata;

public sealed class MagnetTests
{
    private static readonly SwarmTorrent Torrent = MagnetDownload.NewTorrent();

    [Fact]
    public async Task A_torrent_started_by_a_link_is_downloaded_over_the_connection_that_sent_its_metadata()
    {
        var network = new MemoryNetwork();
        await using var seed = new TestEngine(network);
        await using var engine = new TestEngine(network, seed: 2);
        await seed.SeedAsync(Torrent);

        MemoryResumeStore store = await engine.StartByLinkAsync(Torrent, null, seed.EndPoint);
        await engine.CompletedAsync();

        Torrent.AssertIsIn(engine.Destination);
        Assert.Equal(1, network.Dialled);
        Assert.Equal(Torrent.Metainfo.InfoHash, store.Metainfo!.InfoHash);
        MetadataReceived received = await engine.WaitAsync<MetadataReceived>(_ => true);
        Assert.Equal(Torrent.Metainfo.RawInfo.ToArray(), received.Metainfo.RawInfo.ToArray());
        Assert.Equal(
            [TorrentState.FetchingMetadata, TorrentState.Downloading, TorrentState.Seeding],
            engine.Messages.OfType<TorrentStateChanged>().Select(changed => changed.Status.State));
        Assert.Equal(
            [TorrentState.Stopped, TorrentState.FetchingMetadata, TorrentState.Downloading],
            engine.Messages.OfType<TorrentStateChanged>().Select(changed => changed.Previous));
    }

    [Fact]
    public async Task A_warning_of_damaged_state_remains_after_the_metadata_has_arrived()
    {
        var network = new MemoryNetwork();
        await using TestEngine seed = new(network), engine = new(network, seed: 2);
        await seed.SeedAsync(Torrent);
        var damaged = new TorrentError(TorrentErrorId.StateDamaged, "The saved state is damaged.", "Nothing needs to be done.");

        await engine.StartByLinkAsync(
            Torrent, c => c with { ResumeStore = new MemoryResumeStore { LoadWarning = damaged } }, seed.EndPoint);
        TorrentCompleted completed = await engine.CompletedAsync();

        Assert.Equal([damaged], completed.Status.Warnings);
        Assert.Equal([damaged], engine.Messages.OfType<TorrentWarning>().Select(warning => warning.Warning));
    }

    [Fact]
    public async Task State_that_cannot_be_saved_around_the_metadata_is_reported_once()
    {
        var network = new MemoryNetwork();
        await using TestEngine seed = new(network), engine = new(network, seed: 2);
        await seed.SeedAsync(Torrent);
        var store = new MemoryResumeStore { OnCheckpoint = () => throw new IOException("full") };

        await engine.StartByLinkAsync(Torrent, c => c with { ResumeStore = store }, seed.EndPoint);
        TorrentCompleted completed = await engine.CompletedAsync();

        Assert.Equal(TorrentErrorId.StateNotWritable, Assert.Single(completed.Status.Warnings).Id);
        Assert.Single(engine.Messages.OfType<TorrentWarning>(), warning => warning.Warning.Id == TorrentErrorId.StateNotWritable);
    }

    [Fact]
    public async Task A_suspended_link_is_saved_as_suspended_when_it_is_closed()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        MemoryResumeStore store = await engine.StartByLinkAsync(Torrent);
        await engine.SendAsync(id => new SuspendTorrent(id, Torrent.Metainfo.TorrentId));

        await engine.SendAsync(id => new CloseTorrent(id, Torrent.Metainfo.TorrentId));

        Assert.True(store.Data!.Suspended);
    }

    [Fact]
    public async Task A_torrent_started_by_a_link_serves_its_metadata_to_others()
    {
        var network = new MemoryNetwork();
        await using var seed = new TestEngine(network);
        await using var first = new TestEngine(network, seed: 2);
        await using var second = new TestEngine(network, seed: 3);
        await seed.SeedAsync(Torrent);
        await first.StartByLinkAsync(Torrent, null, seed.EndPoint);
        await first.CompletedAsync();
        await seed.StopAsync();

        await second.StartByLinkAsync(Torrent, null, first.EndPoint);
        await second.CompletedAsync();

        Torrent.AssertIsIn(second.Destination);
    }

    [Fact]
    public async Task Pieces_that_a_peer_announced_before_the_metadata_arrived_count_afterwards()
    {
        var network = new MemoryNetwork();
        MemoryTransport other = network.Join();
        using IListener listener = other.Listen(new(other.Address, 0));
        await using var engine = new TestEngine(network);
        await engine.StartByLinkAsync(Torrent, null, listener.LocalEndPoint);
        using ScriptedPeer peer = await ScriptedPeer.AwaitAsync(listener, Torrent, isExtended: true);
        var pieces = new Bitfield(Torrent.Metainfo.PieceCount);
        pieces.SetAll();
        pieces.Clear(3);

        await peer.SendAsync(MessageId.Bitfield, pieces.Bytes);
        await peer.SendAsync(MessageId.Unchoke);
        await peer.SendIndexAsync(MessageId.Have, 3);
        ExtensionHandshake hello = await peer.NextHelloAsync();
        byte[] metadata = Torrent.Metainfo.RawInfo.ToArray();
        await MagnetDownload.SayHelloAsync(peer, metadata.Length);
        Task giving = GiveAllAsync(peer, hello.Extensions[MetadataMessage.Extension], metadata);
        await engine.CompletedAsync();

        Torrent.AssertIsIn(engine.Destination);
        Assert.Equal(1, network.Dialled);
        await engine.StopAsync();
        await giving;
    }

    [Fact]
    public async Task The_metadata_is_requested_from_several_peers_at_once()
    {
        var network = new MemoryNetwork();
        MemoryTransport other = network.Join();
        using IListener one = other.Listen(new(other.Address, 0));
        using IListener two = other.Listen(new(other.Address, 0));
        SwarmTorrent torrent = new(42, 1024, 1024 * 10_000);
        byte[] metadata = torrent.Metainfo.RawInfo.ToArray();
        await using var engine = new TestEngine(network);
        await engine.StartByLinkAsync(torrent, null, one.LocalEndPoint, two.LocalEndPoint);
        using ScriptedPeer first = await MagnetDownload.AwaitAsync(one, torrent, 1, metadata.Length);
        using ScriptedPeer second = await MagnetDownload.AwaitAsync(two, torrent, 2, metadata.Length);
        byte number = (await first.NextHelloAsync()).Extensions[MetadataMessage.Extension];

        // Both are asked, for different pieces, before either answers.
        int[] asked = [await NextRequestAsync(first), await NextRequestAsync(second)];
        Assert.NotEqual(asked[0], asked[1]);
        await engine.WaitStatusAsync(status => status.Metadata?.PeersAsked == 2);
        await first.SendExtendedAsync(number, MetadataMessage.WriteData(asked[0], metadata));
        await second.SendExtendedAsync(number, MetadataMessage.WriteData(asked[1], metadata));
        Task giving = Task.WhenAll(MagnetDownload.GiveAsync(first, number, metadata), MagnetDownload.GiveAsync(second, number, metadata));
        await engine.WaitAsync<MetadataReceived>(_ => true);
        await engine.StopAsync();
        await giving;
    }

    [Fact]
    public async Task Status_says_what_is_missing()
    {
        var network = new MemoryNetwork();
        MemoryTransport other = network.Join();
        using IListener listener = other.Listen(new(other.Address, 0));
        await using var engine = new TestEngine(network);

        await engine.StartByLinkAsync(Torrent);
        TorrentStatus alone = engine.Client.GetStatus(Torrent.Metainfo.TorrentId)!;
        await engine.SendAsync(id => new AddSources(id, Torrent.Metainfo.TorrentId, [listener.LocalEndPoint], []));
        using ScriptedPeer peer = await MagnetDownload.AwaitAsync(listener, Torrent, 1, size: null);
        TorrentStatus connected = await engine.WaitStatusAsync(status => status.ConnectedPeers == 1);
        await MagnetDownload.SayHelloAsync(peer, Torrent.Metainfo.RawInfo.Length);
        TorrentStatus asked = await engine.WaitStatusAsync(status => status.Metadata?.PeersAsked == 1);

        Assert.Equal(TorrentState.FetchingMetadata, alone.State);
        Assert.Equal("a link", alone.Name);
        Assert.Equal("No peer is known yet.", alone.Metadata!.Missing);
        Assert.Null(alone.Metadata.PieceCount);
        Assert.Equal("One peer is connected; it does not have the metadata.", connected.Metadata!.Missing);
        Assert.Equal(3, asked.Metadata!.PieceCount);
        Assert.Equal(0, asked.Metadata.PiecesReceived);
        Assert.Contains("has been requested", asked.Metadata.Missing, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metadata_that_does_not_arrive_in_time_stops_the_torrent_with_the_reason()
    {
        var network = new MemoryNetwork();
        var time = new FakeTimeProvider();
        await using var engine = new TestEngine(network, time: time);
        await engine.StartByLinkAsync(Torrent, command => command with { MetadataTimeout = TimeSpan.FromSeconds(30) });

        time.Advance(TimeSpan.FromSeconds(32));
        TorrentStatus failed = await engine.WaitStatusAsync(status => status.State == TorrentState.Failed);

        Assert.Equal(TorrentErrorId.MetadataTimeout, failed.Error!.Id);
        Assert.Contains("No peer is known yet.", failed.Error.Message, StringComparison.Ordinal);
        Assert.IsType<CommandDone>(await engine.SendAsync(id => new ResumeTorrent(id, Torrent.Metainfo.TorrentId)));
        Assert.Equal(TorrentState.FetchingMetadata, engine.Client.GetStatus(Torrent.Metainfo.TorrentId)!.State);
    }

    [Fact]
    public async Task Only_the_metadata_is_fetched_on_request_and_the_rest_after_a_resume()
    {
        var network = new MemoryNetwork();
        await using var seed = new TestEngine(network);
        await using var engine = new TestEngine(network, seed: 2);
        await seed.SeedAsync(Torrent);

        await engine.StartByLinkAsync(Torrent, command => command with { MetadataOnly = true }, seed.EndPoint);
        MetadataReceived received = await engine.WaitAsync<MetadataReceived>(_ => true);
        TorrentStatus resting = await engine.WaitStatusAsync(status => status.State == TorrentState.Suspended);

        Assert.Equal(Torrent.Metainfo.InfoHash, received.Metainfo.InfoHash);
        Assert.Equal(Torrent.Metainfo.Name, resting.Name);
        Assert.Null(resting.Metadata);
        Assert.Empty(Directory.GetFileSystemEntries(engine.Destination));
        Assert.IsType<CommandDone>(await engine.SendAsync(id => new ResumeTorrent(id, Torrent.Metainfo.TorrentId)));
        await engine.CompletedAsync();
        Torrent.AssertIsIn(engine.Destination);
    }

    [Fact]
    public async Task A_start_after_a_metadata_only_start_continues_with_the_download()
    {
        var network = new MemoryNetwork();
        await using var seed = new TestEngine(network);
        await using var engine = new TestEngine(network, seed: 2);
        await seed.SeedAsync(Torrent);
        await engine.StartByLinkAsync(Torrent, command => command with { MetadataOnly = true });

        await engine.SendAsync(id => new ResumeTorrent(id, Torrent.Metainfo.TorrentId));
        await engine.SendAsync(id => new AddSources(id, Torrent.Metainfo.TorrentId, [seed.EndPoint], []));

        await engine.CompletedAsync();
    }

    [Fact]
    public async Task Only_the_files_chosen_by_a_link_are_fetched()
    {
        var network = new MemoryNetwork();
        await using var seed = new TestEngine(network);
        await using var engine = new TestEngine(network, seed: 2);
        await seed.SeedAsync(Torrent);

        await engine.StartByLinkAsync(Torrent, command => command with { Selection = new FileSelection { Indices = [1] } }, seed.EndPoint);
        TorrentCompleted completed = await engine.CompletedAsync();

        Torrent.AssertIsIn(engine.Destination, Torrent.Metainfo.Files[1]);
        Assert.InRange(completed.Status.WantedSize, 5000, 7000);
    }

    [Fact]
    public async Task Choices_made_before_the_metadata_arrives_are_saved_and_apply_after_a_restart()
    {
        var network = new MemoryNetwork();
        await using var seed = new TestEngine(network);
        await seed.SeedAsync(Torrent);
        MemoryResumeStore store;
        await using (var engine = new TestEngine(network, seed: 2))
        {
            store = await engine.StartByLinkAsync(Torrent, command => command with
            {
                Selection = new FileSelection { Indices = [1] },
                Options = new TorrentOptions { Tags = ["kept"] },
            });
        }

        await using var again = new TestEngine(network, seed: 3);
        await again.StartByLinkAsync(
            Torrent, command => command with { ResumeStore = new MemoryResumeStore { Data = store.Data } }, seed.EndPoint);
        TorrentCompleted completed = await again.CompletedAsync();

        Assert.Equal(0, store.Data!.Verified.Length);
        Assert.Equal(["kept"], completed.Status.Tags);
        Assert.InRange(completed.Status.WantedSize, 5000, 7000);
    }

    [Fact]
    public async Task Existing_data_is_found_when_the_metadata_has_arrived()
    {
        var network = new MemoryNetwork();
        await using var seed = new TestEngine(network);
        await using var engine = new TestEngine(network, seed: 2);
        await seed.SeedAsync(Torrent);
        Torrent.WriteTo(engine.Destination);

        await engine.StartByLinkAsync(Torrent, null, seed.EndPoint);
        TorrentCompleted completed = await engine.CompletedAsync();

        Assert.Equal(0, completed.Status.BytesReceived);
        Assert.Equal(Torrent.Metainfo.PieceCount, completed.Status.RecheckedPieces);
    }

    [Fact]
    public async Task A_link_with_the_v1_hash_of_a_hybrid_is_the_hybrid_itself_before_and_after_its_metadata_arrives()
    {
        byte[] file =
        [
            .. "d4:infod9:file treed1:ad0:d6:lengthi1e11:pieces root32:"u8, .. new byte[32],
            .. "eee6:lengthi1e12:meta versioni2e4:name1:a12:piece lengthi16384e6:pieces20:"u8, .. new byte[20], .. "ee"u8,
        ];
        TorrentMetainfo hybrid = MetainfoReader.Read(file);
        var magnet = new MagnetLink { InfoHash = hybrid.TorrentId.V1 };
        await using var engine = new TestEngine(new MemoryNetwork());
        var store = new MemoryResumeStore();
        await engine.SendAsync(id => new CreateNewTorrent(id, magnet, engine.Destination) { ResumeStore = store });
        Assert.Equal(TorrentState.FetchingMetadata, engine.Client.GetStatus(hybrid.TorrentId)!.State);

        Assert.IsType<CommandDone>(await engine.SendAsync(id => new GiveMetadata(id, hybrid)));
        TorrentAnswer again = await engine.SendAsync(id => new CreateNewTorrent(id, hybrid, engine.Destination) { ResumeStore = store });

        Assert.Equal(MetainfoVersion.Hybrid, hybrid.Version);
        Assert.IsType<TorrentAlreadyDownloading>(again);
        Assert.Same(hybrid, engine.Client.GetMetainfo(magnet.TorrentId));
        Assert.Equal(magnet.TorrentId.ToString(), engine.Client.GetStatus(hybrid.TorrentId)!.InfoHash);
        Assert.Single(engine.Client.GetStatuses());
    }

    [Fact]
    public async Task A_v2_torrent_with_too_many_missing_piece_layers_is_refused_and_its_state_released()
    {
        byte[] info =
        [
            // 1,000,000 pieces of 16 KiB.
            .. "d9:file treed1:ad0:d6:lengthi16384000000e11:pieces root32:"u8, .. new byte[32],
            .. "eee12:meta versioni2e4:name1:a12:piece lengthi16384ee"u8,
        ];
        await using var engine = new TestEngine(new MemoryNetwork());
        var store = new MemoryResumeStore();

        TorrentAnswer answer = await engine.SendAsync(
            id => new CreateNewTorrent(id, MetainfoReader.ReadInfo(info, [], []), engine.Destination) { ResumeStore = store });

        Assert.Equal(TorrentErrorId.InvalidTorrent, Assert.IsType<TorrentStartFail>(answer).Error.Id);
        Assert.True(store.IsDisposed);
        Assert.Empty(engine.Client.GetStatuses());
    }

    [Fact]
    public async Task A_torrent_file_given_meanwhile_replaces_the_metadata()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        MemoryResumeStore store = await engine.StartByLinkAsync(Torrent);

        Assert.IsType<CommandDone>(await engine.SendAsync(id => new GiveMetadata(id, Torrent.Metainfo)));

        Assert.Equal(TorrentState.Downloading, engine.Client.GetStatus(Torrent.Metainfo.TorrentId)!.State);
        Assert.Same(Torrent.Metainfo, engine.Client.GetMetainfo(Torrent.Metainfo.TorrentId));
        Assert.Same(Torrent.Metainfo, store.Metainfo);
        Assert.IsType<CommandDone>(await engine.SendAsync(id => new GiveMetadata(id, Torrent.Metainfo)));
    }

    [Fact]
    public async Task An_unwritable_destination_is_reported_at_once_and_leaves_nothing_behind()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        string file = Path.Combine(engine.Destination, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        var store = new MemoryResumeStore();

        TorrentAnswer answer = await engine.SendAsync(id =>
            new CreateNewTorrent(id, MagnetDownload.LinkTo(Torrent), Path.Combine(file, "below")) { ResumeStore = store });

        Assert.Equal(TorrentErrorId.DestinationNotWritable, Assert.IsType<TorrentStartFail>(answer).Error.Id);
        Assert.True(store.IsDisposed);
        Assert.Null(engine.Client.GetStatus(Torrent.Metainfo.TorrentId));
    }

    [Fact]
    public async Task A_failure_after_the_metadata_has_arrived_stops_the_torrent_and_is_retried_when_it_is_resumed()
    {
        var network = new MemoryNetwork();
        await using var seed = new TestEngine(network);
        await using var engine = new TestEngine(network, seed: 2);
        await seed.SeedAsync(Torrent);
        string destination = Path.Combine(engine.Destination, "below");
        await engine.StartByLinkAsync(Torrent, command => command with { Destination = destination });
        await File.WriteAllTextAsync(destination, "in the way", TestContext.Current.CancellationToken);

        await engine.SendAsync(id => new AddSources(id, Torrent.Metainfo.TorrentId, [seed.EndPoint], []));
        TorrentStatus failed = await engine.WaitStatusAsync(status => status.State == TorrentState.Failed);
        File.Delete(destination);
        Assert.IsType<CommandDone>(await engine.SendAsync(id => new ResumeTorrent(id, Torrent.Metainfo.TorrentId)));
        await engine.CompletedAsync();

        Assert.Equal(TorrentErrorId.DestinationNotWritable, failed.Error!.Id);
        Assert.Equal(Torrent.Metainfo.Name, failed.Name);
        Torrent.AssertIsIn(destination);
    }

    [Fact]
    public async Task Files_chosen_by_a_link_stay_chosen_when_its_download_fails_to_begin_and_is_resumed()
    {
        var network = new MemoryNetwork();
        await using TestEngine seed = new(network), engine = new(network, seed: 2);
        await seed.SeedAsync(Torrent);
        string destination = Path.Combine(engine.Destination, "below");
        await engine.StartByLinkAsync(
            Torrent, command => command with { Destination = destination, Selection = new FileSelection { Indices = [1] } });
        await File.WriteAllTextAsync(destination, "in the way", TestContext.Current.CancellationToken);

        await engine.SendAsync(id => new AddSources(id, Torrent.Metainfo.TorrentId, [seed.EndPoint], []));
        TorrentStatus failed = await engine.WaitStatusAsync(status => status.State == TorrentState.Failed);
        File.Delete(destination);
        await engine.SendAsync(id => new ResumeTorrent(id, Torrent.Metainfo.TorrentId));
        TorrentCompleted completed = await engine.CompletedAsync();

        Assert.InRange(failed.WantedSize, 5000, 7000);
        Assert.Equal(failed.WantedSize, completed.Status.WantedSize);
        Torrent.AssertIsIn(destination, Torrent.Metainfo.Files[1]);
    }

    [Fact]
    public async Task A_link_that_chooses_no_file_fetches_nothing_until_files_are_chosen_even_after_restarts()
    {
        var network = new MemoryNetwork();
        await using TestEngine seed = new(network), engine = new(network, seed: 2), again = new(network, seed: 3);
        await seed.SeedAsync(Torrent);
        MemoryResumeStore store = await engine.StartByLinkAsync(
            Torrent, command => command with { Selection = new FileSelection { Include = ["*.nope"] } }, seed.EndPoint);
        TorrentStatus failed = await engine.WaitStatusAsync(status => status.State == TorrentState.Failed);

        TorrentAnswer resumed = await engine.SendAsync(id => new ResumeTorrent(id, Torrent.Metainfo.TorrentId));
        TorrentStatus still = engine.Client.GetStatus(Torrent.Metainfo.TorrentId)!;
        TorrentAnswer restored = await again.SendAsync(id => new CreateNewTorrent(id, Torrent.Metainfo, again.Destination)
        {
            ResumeStore = new MemoryResumeStore { Data = store.Data },
        });
        await engine.SendAsync(id => new SetFilePriorities(
            id, Torrent.Metainfo.TorrentId, [.. Torrent.Metainfo.Files.Select((_, file) => file == 1 ? FilePriority.Normal : FilePriority.Skip)]));
        await engine.SendAsync(id => new ResumeTorrent(id, Torrent.Metainfo.TorrentId));
        await engine.CompletedAsync();

        Assert.Equal(TorrentErrorId.NothingSelected, failed.Error!.Id);
        Assert.Equal(TorrentErrorId.NothingSelected, Assert.IsType<CommandFail>(resumed).Error.Id);
        Assert.Equal(TorrentState.Failed, still.State);
        Assert.Equal(TorrentErrorId.NothingSelected, Assert.IsType<TorrentStartFail>(restored).Error.Id);
        Torrent.AssertIsIn(engine.Destination, Torrent.Metainfo.Files[1]);
        Assert.Null(store.Data!.Selection);
    }

    [Fact]
    public async Task Commands_that_need_the_content_are_refused_before_it_is_known()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartByLinkAsync(Torrent);

        TorrentAnswer recheck = await engine.SendAsync(id => new RecheckTorrent(id, Torrent.Metainfo.TorrentId));
        TorrentAnswer priorities = await engine.SendAsync(id => new SetFilePriorities(id, Torrent.Metainfo.TorrentId, []));

        Assert.Equal(TorrentErrorId.MetadataMissing, Assert.IsType<CommandFail>(recheck).Error.Id);
        Assert.Equal(TorrentErrorId.MetadataMissing, Assert.IsType<CommandFail>(priorities).Error.Id);
        Assert.Empty(engine.Client.GetFiles(Torrent.Metainfo.TorrentId));
        Assert.Null(engine.Client.GetMetainfo(Torrent.Metainfo.TorrentId));
    }

    [Fact]
    public async Task A_torrent_can_be_suspended_resumed_changed_and_closed_while_its_metadata_is_fetched()
    {
        var network = new MemoryNetwork();
        await using var seed = new TestEngine(network);
        await using var engine = new TestEngine(network, seed: 2);
        await seed.SeedAsync(Torrent);
        MemoryResumeStore store = await engine.StartByLinkAsync(Torrent);

        Assert.IsType<CommandDone>(await engine.SendAsync(id => new SuspendTorrent(id, Torrent.Metainfo.TorrentId)));
        await engine.SendAsync(id => new AddSources(id, Torrent.Metainfo.TorrentId, [seed.EndPoint], []));
        await engine.SendAsync(id => new SetTorrent(id, Torrent.Metainfo.TorrentId, new TorrentOptions { Tags = ["a"] }));
        Assert.True(store.Data!.Suspended);
        Assert.Equal(0, network.Dialled);
        TorrentAnswer closed = await engine.SendAsync(id => new CloseTorrent(id, Torrent.Metainfo.TorrentId));

        Assert.Equal(["a"], Assert.IsType<TorrentClosed>(closed).Status.Tags);
        Assert.Equal(TorrentState.Stopped, ((TorrentClosed)closed).Status.State);
        Assert.True(store.IsDisposed);
        Assert.False(store.WasUsedAfterDispose);
    }

    [Fact]
    public async Task A_second_start_joins_the_first()
    {
        var network = new MemoryNetwork();
        await using var engine = new TestEngine(network);
        await engine.StartByLinkAsync(Torrent);

        TorrentAnswer byLink = await engine.SendAsync(id =>
            new CreateNewTorrent(id, MagnetDownload.LinkTo(Torrent), engine.Destination) { ResumeStore = new MemoryResumeStore() });
        TorrentAnswer byFile = await engine.StartAsync(Torrent.Metainfo, new MemoryResumeStore());

        Assert.IsType<TorrentAlreadyDownloading>(byLink);
        Assert.IsType<TorrentAlreadyDownloading>(byFile);
    }

    [Fact]
    public async Task Commands_sent_as_the_metadata_arrives_find_the_torrent()
    {
        var network = new MemoryNetwork();
        await using var seed = new TestEngine(network);
        await seed.SeedAsync(Torrent);
        for (int round = 0; round < 20; round++)
        {
            await using var engine = new TestEngine(network, seed: 10 + round);
            await engine.StartByLinkAsync(Torrent, null, seed.EndPoint);
            var answers = new List<TorrentAnswer>();
            while (!engine.Messages.OfType<TorrentCompleted>().Any())
                answers.Add(await engine.SendAsync(id => new SetTorrent(id, Torrent.Metainfo.TorrentId, new TorrentOptions { Sequential = false })));

            Assert.All(answers, answer => Assert.IsType<CommandDone>(answer));
            Assert.IsType<TorrentClosed>(await engine.SendAsync(id => new CloseTorrent(id, Torrent.Metainfo.TorrentId)));
        }
    }

    [Fact]
    public async Task A_torrent_closed_as_its_metadata_arrives_stays_closed()
    {
        var network = new MemoryNetwork();
        await using var seed = new TestEngine(network);
        await seed.SeedAsync(Torrent);
        for (int round = 0; round < 20; round++)
        {
            await using var engine = new TestEngine(network, seed: 10 + round);
            MemoryResumeStore store = await engine.StartByLinkAsync(Torrent, null, seed.EndPoint);
            if (round % 2 == 0)
                await engine.WaitAsync<MetadataReceived>(_ => true);

            Assert.IsType<TorrentClosed>(await engine.SendAsync(id => new CloseTorrent(id, Torrent.Metainfo.TorrentId)));
            Assert.Null(engine.Client.GetStatus(Torrent.Metainfo.TorrentId));
            Assert.True(store.IsDisposed);
        }
    }

    [Fact]
    public async Task An_engine_disposed_as_the_metadata_arrives_leaves_nothing_open()
    {
        var network = new MemoryNetwork();
        await using var seed = new TestEngine(network);
        await seed.SeedAsync(Torrent);
        for (int round = 0; round < 10; round++)
        {
            await using var engine = new TestEngine(network, seed: 10 + round);
            MemoryResumeStore store = await engine.StartByLinkAsync(Torrent, null, seed.EndPoint);
            if (round % 2 == 0)
                await engine.WaitAsync<MetadataReceived>(_ => true);

            await engine.StopAsync();
            Assert.True(store.IsDisposed);
            Assert.False(store.WasUsedAfterDispose);
        }
    }

    private static async Task<int> NextRequestAsync(ScriptedPeer peer)
    {
        Assert.True(MetadataMessage.TryRead(await peer.NextExtendedAsync(MagnetDownload.Number), out MetadataMessage request));
        Assert.Equal(MetadataMessageKind.Request, request.Kind);
        return request.Piece;
    }

    /// <summary>Sends the metadata, then blocks.</summary>
    private static async Task GiveAllAsync(ScriptedPeer peer, byte number, byte[] metadata)
    {
        try
        {
            while (await peer.NextAsync() is { } next)
            {
                if (next.Id == MessageId.Request)
                {
                    await peer.SendAsync(ScriptedPeer.Block(Torrent, ScriptedPeer.ReadRange(next.Body)));
                }
                else if (next.Id == MessageId.Extended && next.Body[0] == MagnetDownload.Number
                    && MetadataMessage.TryRead(next.Body.AsSpan(1), out MetadataMessage request) && request.Kind == MetadataMessageKind.Request)
                {
                    await peer.SendExtendedAsync(number, MetadataMessage.WriteData(request.Piece, metadata));
                }
            }
        }
        catch (IOException)
        {
            // The engine has closed the connection.
        }
    }
}
