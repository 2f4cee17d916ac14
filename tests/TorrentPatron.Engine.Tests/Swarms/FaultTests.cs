using System.Collections;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Tests.Diagnostics;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>A fault in one component is recorded and ends one peer or one torrent; everything else continues.</summary>
public sealed class FaultTests
{
    private const int Piece = 32 * 1024;

    private readonly MemoryNetwork _network = new();

    [Theory]
    [InlineData(nameof(FaultyNetwork.Call.Receive), "receiving from a peer")]
    [InlineData(nameof(FaultyNetwork.Call.Send), "sending to a peer")]
    public async Task A_fault_at_one_peer_closes_only_that_peer(string call, string root)
    {
        var torrent = new SwarmTorrent(7001 + call.Length, Piece, 4 * Piece);
        TorrentId id = torrent.Metainfo.TorrentId;
        using var log = new EventLog(id);
        FaultyNetwork? faulty = null;
        await using var engine = new TestEngine(_network, with: inner => faulty = new FaultyNetwork(inner));
        await engine.SeedAsync(torrent);
        using ScriptedPeer broken = await ScriptedPeer.ConnectAsync(_network, engine, torrent, id: 1);
        await broken.NextAsync(MessageId.HaveAll);
        using ScriptedPeer sound = await ScriptedPeer.ConnectAsync(_network, engine, torrent, id: 2);
        await sound.NextAsync(MessageId.HaveAll);

        faulty!.Throws = Enum.Parse<FaultyNetwork.Call>(call);
        await broken.SendAsync(MessageId.Interested);
        await broken.AssertClosedAsync();

        IReadOnlyDictionary<string, object?> told = await log.NextAsync("FaultCaught");
        Assert.Equal(root, told["root"]);
        Assert.Contains(nameof(InvalidOperationException), (string)told["stack"]!, StringComparison.Ordinal);
        ClosedPeer closed = Assert.Single(engine.Client.GetClosedPeers(id));
        Assert.Equal(("XX0000", ClosedBy.Us, "The engine failed: A mistake."), (closed.Client, closed.ClosedBy, closed.Reason));
        await sound.SendAsync(MessageId.Interested);
        await sound.NextAsync(MessageId.Unchoke);
        Assert.Equal(TorrentState.Seeding, engine.Client.GetStatus(id)!.State);
    }

    [Fact]
    public async Task A_fault_in_accepting_costs_one_connection_and_is_shown_as_the_engines_warning()
    {
        using var log = new EventLog(null);
        var torrent = new SwarmTorrent(7002, Piece, Piece);
        FaultyNetwork? faulty = null;
        await using var engine = new TestEngine(_network, with: inner => faulty = new FaultyNetwork(inner) { Throws = FaultyNetwork.Call.Accept });
        await engine.StartAsync(torrent);

        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(_network, engine, torrent);
        await peer.NextAsync(MessageId.HaveNone);
        await log.NextAsync("FaultCaught", told => (string)told["root"]! == "accepting peers");
        Assert.Contains("A mistake.", engine.Client.GetClientStatus().Warning!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_in_dialling_costs_one_connection()
    {
        var torrent = new SwarmTorrent(7003, Piece, 2 * Piece);
        using var log = new EventLog(torrent.Metainfo.TorrentId);
        await using var seed = new TestEngine(_network, 1);
        await seed.SeedAsync(torrent);
        FaultyNetwork? faulty = null;
        await using var engine = new TestEngine(_network, 2, with: inner => faulty = new FaultyNetwork(inner) { Throws = FaultyNetwork.Call.Connect });
        await engine.StartAsync(torrent, seed.EndPoint);

        Assert.Equal("dialling", (await log.NextAsync("FaultCaught"))["root"]);
        await engine.CompletedAsync();
    }

    [Fact]
    public async Task A_fault_at_a_piece_ends_its_torrent_and_the_others_continue()
    {
        SwarmTorrent broken = new(7004, Piece, 4 * Piece), sound = new(7005, Piece, 4 * Piece);
        using var log = new EventLog(broken.Metainfo.TorrentId);
        await using TestEngine seed = new(_network, 1), engine = new(_network, 2);
        foreach (SwarmTorrent torrent in new[] { broken, sound })
        {
            torrent.WriteTo(seed.Destination);
            await seed.StartAsync(torrent);
        }

        await engine.StartAsync(
            broken.Metainfo, new MemoryResumeStore { OnPiece = () => throw FaultyNetwork.Fault }, command => command with { Peers = [seed.EndPoint] });
        Assert.Equal("piece finisher", (await log.NextAsync("FaultCaught"))["root"]);
        await AssertFailsAsync(engine, broken.Metainfo.TorrentId);
        await engine.StartAsync(sound, seed.EndPoint);
        await engine.WaitAsync<TorrentCompleted>(completed => completed.TorrentId == sound.Metainfo.TorrentId);
        sound.AssertIsIn(engine.Destination);
    }

    [Fact]
    public async Task A_fault_in_saving_ends_its_torrent()
    {
        var torrent = new SwarmTorrent(7006, Piece, 4 * Piece);
        using var log = new EventLog(torrent.Metainfo.TorrentId);
        await using TestEngine seed = new(_network, 1), engine = new(_network, 2);
        await seed.SeedAsync(torrent);
        var store = new MemoryResumeStore();
        await engine.StartAsync(torrent.Metainfo, store);
        store.OnCheckpoint = () => throw FaultyNetwork.Fault;
        await engine.SendAsync(c => new AddSources(c, torrent.Metainfo.TorrentId, [seed.EndPoint], []));

        Assert.Equal("saving of a torrent", (await log.NextAsync("FaultCaught", told => !((string)told["root"]!).StartsWith("command", StringComparison.Ordinal)))["root"]);
        await AssertFailsAsync(engine, torrent.Metainfo.TorrentId);
        store.OnCheckpoint = static () => { };
    }

    [Fact]
    public async Task A_fault_in_handling_an_answer_ends_its_torrent_and_one_in_the_announce_is_the_trackers()
    {
        SwarmTorrent broken = new(7007, Piece, Piece), sound = new(7008, Piece, Piece);
        using EventLog log = new(broken.Metainfo.TorrentId), other = new(sound.Metainfo.TorrentId);
        await using var engine = new TestEngine(_network);
        foreach (SwarmTorrent torrent in new[] { broken, sound })
        {
            await engine.StartAsync(torrent);
            await engine.SendAsync(c => new AddSources(c, torrent.Metainfo.TorrentId, [], [new Uri("http://t.example/announce?key=secret")]));
        }

        for (int i = 0; i < 2; i++)
        {
            ScriptedAnnounce announce = await engine.Trackers.NextAsync();
            if (announce.Request.InfoHash == broken.Metainfo.InfoHash)
                announce.Answer.SetResult(new AnnounceResponse { Peers = new BrokenList() });
            else
                announce.Answer.SetException(FaultyNetwork.Fault);
        }

        Assert.Equal("announcer", (await log.NextAsync("FaultCaught"))["root"]);
        await AssertFailsAsync(engine, broken.Metainfo.TorrentId);
        Assert.Equal("announcer", (await other.NextAsync("FaultCaught"))["root"]);
        await TestEngine.UntilAsync(() => engine.Client.GetStatus(sound.Metainfo.TorrentId)!.Trackers[0].Status == TrackerStatus.Failed);
        Assert.Equal(TorrentState.Downloading, engine.Client.GetStatus(sound.Metainfo.TorrentId)!.State);
    }

    [Fact]
    public async Task A_fault_while_metadata_is_fetched_ends_the_torrent()
    {
        var magnet = new MagnetLink { InfoHash = new SwarmTorrent(7009, Piece, Piece).Metainfo.InfoHash, Trackers = ["http://t.example/announce"] };
        using var log = new EventLog(magnet.TorrentId);
        await using var engine = new TestEngine(_network);
        Assert.IsType<NewTorrentCreated>(await engine.SendAsync(
            id => new CreateNewTorrent(id, magnet, engine.Destination) { ResumeStore = new MemoryResumeStore() }));
        (await engine.Trackers.NextAsync()).Answer.SetResult(new AnnounceResponse { Peers = new BrokenList() });

        Assert.Equal("announcer", (await log.NextAsync("FaultCaught"))["root"]);
        await AssertFailsAsync(engine, magnet.TorrentId);
    }

    [Fact]
    public async Task A_fault_in_a_disk_job_ends_no_thread_and_is_shown_as_the_engines_warning()
    {
        await using var engine = new TestEngine(_network);
        DiskWorkers workers = engine.Client.Resources.DiskWorkers;
        for (int thread = 0; thread < workers.ThreadCount; thread++)
            workers.Post(thread, new FaultyJob());
        await workers.DrainAsync().WaitAsync(TestEngine.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(TorrentErrorId.Unexpected, engine.Client.GetClientStatus().Warning!.Id);
    }

    private static async Task AssertFailsAsync(TestEngine engine, TorrentId torrent)
    {
        TorrentStatus status = (await engine.WaitAsync<TorrentStateChanged>(
            change => change.TorrentId == torrent && change.Status.State == TorrentState.Failed)).Status;
        Assert.Equal(TorrentErrorId.Unexpected, status.Error!.Id);
    }

    private sealed class FaultyJob : IDiskJob
    {
        public void Execute() => throw FaultyNetwork.Fault;
    }

    /// <summary>A list of peers that throws when it is enumerated.</summary>
    private sealed class BrokenList : IReadOnlyList<IPEndPoint>
    {
        public int Count => 1;

        public IPEndPoint this[int index] => throw FaultyNetwork.Fault;

        public IEnumerator<IPEndPoint> GetEnumerator() => throw FaultyNetwork.Fault;

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
