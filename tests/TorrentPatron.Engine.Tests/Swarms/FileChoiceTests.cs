using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>The choice of files, before the first byte and while the torrent runs.</summary>
public sealed class FileChoiceTests
{
    private const int Piece = 32 * 1024;

    [Fact]
    public async Task Only_the_chosen_files_are_fetched_and_the_torrent_is_complete_with_them()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(70, Piece, 4 * Piece, 4 * Piece, 4 * Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        await leecher.StartAsync(torrent.Metainfo, new MemoryResumeStore(), c => c with
        {
            Peers = [seed.EndPoint],
            Selection = new FileSelection { Include = ["*1.bin"] },
        });

        TorrentCompleted completed = await leecher.CompletedAsync();

        Assert.Equal((4 * Piece, 4 * Piece, 4), (completed.Status.WantedSize, completed.Status.CompletedSize, completed.Status.VerifiedPieces));
        torrent.AssertIsIn(leecher.Destination, torrent.Metainfo.Files[1]);
        Assert.False(File.Exists(torrent.PathIn(leecher.Destination, 0)));
        Assert.Equal(
            [FilePriority.Skip, FilePriority.Normal, FilePriority.Skip],
            leecher.Client.GetFiles(torrent.Metainfo.TorrentId).Select(file => file.Priority));
    }

    [Fact]
    public async Task Trackers_are_told_the_missing_bytes_of_the_whole_torrent_and_its_completion_once()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(73, Piece, 4 * Piece, (4 * Piece) + 1);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        TorrentId id = torrent.Metainfo.TorrentId;
        await leecher.StartAsync(torrent.Metainfo, new MemoryResumeStore(), c => c with
        {
            Trackers = [new Uri("http://t.example/announce")], FilePriorities = [FilePriority.Normal, FilePriority.Skip],
        });
        ScriptedAnnounce started = await leecher.Trackers.NextAsync();
        await leecher.SendAsync(c => new AddSources(c, id, [seed.EndPoint], []));
        await leecher.CompletedAsync();
        started.Answer.SetResult(new AnnounceResponse());
        await TestEngine.UntilAsync(() => leecher.Client.GetStatus(id)!.Trackers[0].LastAnswer is not null);

        await leecher.SendAsync(c => new AnnounceNow(c, id, []));
        ScriptedAnnounce partial = await leecher.Trackers.NextAsync();
        partial.Answer.SetResult(new AnnounceResponse());
        await leecher.SendAsync(c => new SetFilePriorities(c, id, [FilePriority.Normal, FilePriority.Normal]));
        ScriptedAnnounce completed = await leecher.Trackers.NextAsync();
        completed.Answer.SetResult(new AnnounceResponse());
        await TestEngine.UntilAsync(() => leecher.Client.GetStatus(id)!.Trackers[0].Status == TrackerStatus.Working);
        await leecher.SendAsync(c => new SetFilePriorities(c, id, [FilePriority.Normal, FilePriority.Skip]));
        await leecher.SendAsync(c => new AnnounceNow(c, id, []));
        ScriptedAnnounce later = await leecher.Trackers.NextAsync();

        Assert.Equal((AnnounceEvent.Started, (8 * Piece) + 1, false), Told(started));
        Assert.Equal((AnnounceEvent.None, (4 * Piece) + 1, true), Told(partial));
        Assert.Equal((AnnounceEvent.Completed, 0, false), Told(completed));
        Assert.Equal((AnnounceEvent.None, 0, false), Told(later));

        static (AnnounceEvent Event, long Left, bool IsPartialSeed) Told(ScriptedAnnounce announce) =>
            (announce.Request.Event, announce.Request.Left, announce.Request.IsPartialSeed);
    }

    [Fact]
    public async Task A_choice_of_no_files_starts_nothing()
    {
        var torrent = new SwarmTorrent(71, Piece, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        var store = new MemoryResumeStore();

        TorrentStartFail fail = Assert.IsType<TorrentStartFail>(await engine.StartAsync(
            torrent.Metainfo, store, c => c with { Selection = new FileSelection { Include = ["*.mkv"] } }));

        Assert.Equal(TorrentErrorId.NothingSelected, fail.Error.Id);
        Assert.True(store.IsDisposed);
        Assert.Empty(engine.Client.GetStatuses());
        Assert.Empty(Directory.EnumerateFileSystemEntries(engine.Destination));
    }

    [Fact]
    public async Task Wanting_more_files_downloads_and_completes_again_and_wanting_fewer_does_not()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(72, Piece, 4 * Piece, 4 * Piece, 4 * Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        TorrentId id = torrent.Metainfo.TorrentId;
        FilePriority[] one = [FilePriority.Normal, FilePriority.Skip, FilePriority.Skip];
        FilePriority[] two = [FilePriority.Normal, FilePriority.High, FilePriority.Skip];
        var store = new MemoryResumeStore();
        await leecher.StartAsync(torrent.Metainfo, store, c => c with { Peers = [seed.EndPoint], FilePriorities = one });
        await leecher.CompletedAsync();

        Assert.IsType<CommandDone>(await leecher.SendAsync(c => new SetFilePriorities(c, id, two)));
        await TestEngine.UntilAsync(() => leecher.Messages.OfType<TorrentCompleted>().Count() == 2);
        torrent.AssertIsIn(leecher.Destination, torrent.Metainfo.Files[1]);
        Assert.Equal(two, store.Data!.FilePriorities);

        // No peer has the third file: it is wanted, then skipped, without receiving a byte.
        await seed.StopAsync();
        CommandDone wider = Assert.IsType<CommandDone>(
            await leecher.SendAsync(c => new SetFilePriorities(c, id, [FilePriority.Low, FilePriority.Low, FilePriority.Low])));
        Assert.Equal((TorrentState.Downloading, false), (wider.Status.State, wider.Status.IsComplete));
        CommandDone narrower = Assert.IsType<CommandDone>(await leecher.SendAsync(c => new SetFilePriorities(c, id, one)));
        Assert.Equal((TorrentState.Seeding, true, 4 * Piece), (narrower.Status.State, narrower.Status.IsComplete, narrower.Status.WantedSize));
        await leecher.StopAsync();
        Assert.Equal(2, leecher.Messages.OfType<TorrentCompleted>().Count());
    }

    [Fact]
    public async Task A_download_is_complete_when_the_missing_files_are_no_longer_wanted()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(73, Piece, 2 * Piece, 2 * Piece);
        await using var engine = new TestEngine(network);
        TorrentId id = torrent.Metainfo.TorrentId;
        await engine.StartAsync(torrent);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(network, engine, torrent);
        await peer.SendIndexAsync(MessageId.Have, 0);
        await peer.SendIndexAsync(MessageId.Have, 1);
        await peer.SendAsync(MessageId.Unchoke);
        _ = peer.ServeAsync(torrent);
        await engine.WaitStatusAsync(s => s.VerifiedPieces == 2);
        Assert.Empty(engine.Messages.OfType<TorrentCompleted>());

        Assert.IsType<CommandDone>(await engine.SendAsync(c => new SetFilePriorities(c, id, [FilePriority.Normal, FilePriority.Skip])));

        Assert.Equal(CompletionReason.Downloaded, (await engine.CompletedAsync()).Reason);
        Assert.Equal(CompletionReason.Downloaded, engine.Client.GetStatus(id)!.Completion);
    }

    [Fact]
    public async Task A_wrong_number_of_priorities_changes_nothing()
    {
        var torrent = new SwarmTorrent(74, Piece, Piece, Piece);
        await using var engine = new TestEngine(new MemoryNetwork());
        await engine.StartAsync(torrent);

        CommandFail fail = Assert.IsType<CommandFail>(
            await engine.SendAsync(c => new SetFilePriorities(c, torrent.Metainfo.TorrentId, [FilePriority.Skip])));

        Assert.Equal(TorrentErrorId.InvalidTorrent, fail.Error.Id);
        Assert.Equal(2 * Piece, engine.Client.GetStatus(torrent.Metainfo.TorrentId)!.WantedSize);
    }

    [Fact]
    public async Task Files_report_how_much_of_each_exists()
    {
        var torrent = new SwarmTorrent(75, Piece, Piece / 2, 0, 2 * Piece, 5);
        await using var engine = new TestEngine(new MemoryNetwork());
        torrent.WriteTo(engine.Destination);
        // The first piece is the first file and half of the third.
        string first = torrent.PathIn(engine.Destination, 0);
        File.WriteAllBytes(first, new byte[Piece / 2]);
        await engine.StartAsync(torrent);
        await engine.WaitStatusAsync(s => s.State == TorrentState.Downloading);

        IReadOnlyList<FileSnapshot> files = engine.Client.GetFiles(torrent.Metainfo.TorrentId);

        Assert.Equal([0, 0, 2 * Piece - Piece / 2, 5], files.Select(file => file.CompletedSize));
        Assert.Equal([0, 1, 2, 3], files.Select(file => file.Index));
        Assert.Equal([false, true, false, true], files.Select(file => file.IsComplete));
        Assert.Equal(first, files[0].FullPath);
        Assert.Equal(75, files[2].PercentComplete);
        Assert.Same(torrent.Metainfo, engine.Client.GetMetainfo(torrent.Metainfo.TorrentId));
    }

    [Fact]
    public async Task Peers_report_their_identity_and_their_pieces()
    {
        var network = new MemoryNetwork();
        var torrent = new SwarmTorrent(76, Piece, 4 * Piece);
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        await seed.SeedAsync(torrent);
        TorrentId id = torrent.Metainfo.TorrentId;
        await leecher.StartAsync(torrent.Metainfo, new MemoryResumeStore(), c => c with
        {
            Peers = [seed.EndPoint],
            Options = new TorrentOptions { MaxDownloadRate = 1 },
        });
        // Before its extension handshake arrives, the client's name comes from its peer id.
        await TestEngine.UntilAsync(() => leecher.Client.GetPeers(id) is [{ AmInterested: true, PercentComplete: 100 } peer]
            && peer.Client.StartsWith("TorrentPatron", StringComparison.Ordinal));

        PeerSnapshot theSeed = Assert.Single(leecher.Client.GetPeers(id));
        Assert.Equal((seed.EndPoint, PeerSource.Manual, false), (theSeed.EndPoint, theSeed.Source, theSeed.IsIncoming));
        await TestEngine.UntilAsync(() => seed.Client.GetPeers(id) is [{ IsInterested: true }]);
        PeerSnapshot theLeecher = Assert.Single(seed.Client.GetPeers(id));
        Assert.Equal((PeerSource.Incoming, true), (theLeecher.Source, theLeecher.IsIncoming));

        using ScriptedPeer silent = await ScriptedPeer.ConnectAsync(network, seed, torrent);
        await TestEngine.UntilAsync(() => seed.Client.GetPeers(id).Count == 2);
        Assert.Contains(seed.Client.GetPeers(id), peer => peer.Client == "XX0000");
    }
}
