using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>Every snapshot of a torrent is consistent, whatever happens and in whatever order.</summary>
public sealed class SnapshotTests
{
    private const int Piece = 32 * 1024;
    private static readonly TorrentError Error = new(TorrentErrorId.DiskWriteFailed, "The disk failed.", "Mend it.");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_snapshot_is_consistent_after_every_step_of_a_torrent(int seed)
    {
        await using var torrent = new TorrentModel(seed);
        for (int step = 0; step < 3000; step++)
            torrent.Next();
    }

    [Fact]
    public async Task A_finished_check_is_at_100_percent_until_the_state_changes()
    {
        await using var torrent = new TorrentModel(1);
        torrent.Check(good: 3);
        Assert.Equal(TorrentState.Checking, torrent.Look().State);
        Assert.Equal(100, torrent.Look().PercentComplete);
    }

    [Fact]
    public async Task A_download_with_its_last_piece_is_complete_once_its_state_says_so()
    {
        await using var torrent = new TorrentModel(1);
        torrent.Join();
        torrent.Have(TorrentModel.PieceCount);
        Assert.Equal((TorrentState.Downloading, false, null), Key(torrent.Look()));
        torrent.Complete();
        Assert.Equal((TorrentState.Seeding, true, CompletionReason.Downloaded), Key(torrent.Look()));
        Assert.Equal(torrent.Look().Timestamp, torrent.Look().CompletedAt);

        static (TorrentState, bool, CompletionReason?) Key(TorrentStatus status) => (status.State, status.IsComplete, status.Completion);
    }

    [Fact]
    public async Task A_suspended_torrent_with_all_its_data_is_complete_and_reports_when_it_completed()
    {
        await using var engine = new TestEngine(new MemoryNetwork());
        var torrent = new SwarmTorrent(90, Piece, 4 * Piece, 4 * Piece);
        torrent.WriteTo(engine.Destination);
        TorrentId id = torrent.Metainfo.TorrentId;
        await engine.StartAsync(torrent.Metainfo, new MemoryResumeStore(), c => c with { Suspended = true });
        TorrentStatus status = await engine.WaitStatusAsync(one => one.State == TorrentState.Suspended);
        Assert.True(status is { IsComplete: true, CompletedAt: not null, PercentComplete: 100 });

        File.Delete(Path.Combine(engine.Destination, torrent.Metainfo.Files[1].Path));
        TorrentChecked after = Assert.IsType<TorrentChecked>(await engine.SendAsync(c => new RecheckTorrent(c, id)));
        Assert.True(after.Status is { State: TorrentState.Suspended, IsComplete: false, CompletedAt: null, PercentComplete: 50 });

        await engine.SendAsync(c => new SetFilePriorities(c, id, [FilePriority.Normal, FilePriority.Skip]));
        Assert.True(engine.Client.GetStatus(id) is { IsComplete: true, CompletedAt: not null, PercentComplete: 100 });
        await engine.SendAsync(c => new SetFilePriorities(c, id, [FilePriority.Normal, FilePriority.Normal]));
        Assert.True(engine.Client.GetStatus(id) is { IsComplete: false, CompletedAt: null, PercentComplete: 50 });
    }

    [Fact]
    public async Task No_snapshot_of_many_downloads_shows_one_complete_before_its_state_does()
    {
        var network = new MemoryNetwork();
        await using TestEngine seed = new(network, 1), leecher = new(network, 2);
        SwarmTorrent[] torrents = [.. Enumerable.Range(0, 60).Select(number => new SwarmTorrent(1000 + number, Piece, 3 * Piece))];
        foreach (SwarmTorrent torrent in torrents)
        {
            torrent.WriteTo(seed.Destination);
            await seed.StartAsync(torrent);
        }

        using var over = new CancellationTokenSource();
        Task looking = Task.Run(
            () =>
            {
                while (!over.IsCancellationRequested)
                {
                    foreach (TorrentStatus status in leecher.Client.GetStatuses())
                        StatusInvariants.Check(status);
                }
            },
            TestContext.Current.CancellationToken);
        foreach (SwarmTorrent torrent in torrents)
            await leecher.StartAsync(torrent, seed.EndPoint);
        foreach (SwarmTorrent torrent in torrents)
            await leecher.WaitAsync<TorrentCompleted>(completed => completed.TorrentId == torrent.Metainfo.TorrentId);
        foreach (SwarmTorrent torrent in torrents)
            await leecher.SendAsync(c => new RecheckTorrent(c, torrent.Metainfo.TorrentId));
        await over.CancelAsync();
        await looking;
    }

    /// <summary>A torrent without a network or a disk that goes through random events; a snapshot is taken after each.</summary>
    private sealed class TorrentModel : IWorkEvents, IAsyncDisposable
    {
        public const int PieceCount = 6;

        private readonly Random _random;
        private readonly FakeTimeProvider _time = new();
        private readonly EngineResources _engine;
        private readonly TorrentNetwork _network;
        private readonly SwarmWork _work;
        private readonly TorrentLedger _ledger;
        private readonly TorrentPublisher _state;

        public TorrentModel(int seed)
        {
            _random = new Random(seed);
            var torrent = new SwarmTorrent(seed, Piece, 2 * Piece, 3 * Piece, Piece);
            var transport = new MemoryNetwork().Join();
            _engine = new EngineResources(new ClientSettings(), transport, new ScriptedTrackerClient(), _time, new Random(seed));
            var storage = new TorrentStorage(new FileLayout(torrent.Metainfo, "/nowhere"), _engine.Files);
            var command = new CreateNewTorrent(1, torrent.Metainfo, "/nowhere") { ResumeStore = new MemoryResumeStore() };
            _network = new TorrentNetwork(command, _engine);
            _work = new SwarmWork(_engine, torrent.Metainfo, storage, _network, this);
            _ledger = new TorrentLedger(_engine, command, _network.Peers.Directory);
            _ledger.Know(torrent.Metainfo, storage, _work);
            _state = new TorrentPublisher(_engine, torrent.Metainfo.TorrentId, _ledger, Made, StatusInvariants.Check);
        }

        /// <summary>Takes a snapshot and checks it.</summary>
        public TorrentStatus Look()
        {
            TorrentStatus status = Made();
            StatusInvariants.Check(status);
            return status;
        }

        public void Join()
        {
            _state.Join(() => { }, () => _work.IsComplete, CompletionReason.Rechecked);
            Look();
        }

        public void Have(int pieces)
        {
            var verified = new Bitfield(PieceCount);
            for (int piece = 0; piece < pieces; piece++)
                verified.Set(piece);
            _work.Reset(verified, []);
            Look();
        }

        public void Complete()
        {
            _state.PieceArrived();
            Look();
            if (_work.IsComplete)
                _state.TryComplete();
            Look();
        }

        public void Check(int good)
        {
            var all = new Bitfield(PieceCount);
            all.SetAll();
            _ledger.BeginCheck(all);
            _state.Set(TorrentState.Checking);
            _work.Reset(new Bitfield(PieceCount), []);
            for (int piece = 0; piece < PieceCount; piece++)
            {
                _ledger.PieceChecked();
                Look();
            }

            Have(good);
            _ledger.EndCheck();
            Look();
        }

        /// <summary>An event that is possible now.</summary>
        public void Next()
        {
            _time.Advance(TimeSpan.FromSeconds(_random.Next(90)));
            switch (_random.Next(7))
            {
                case 0 when _ledger.State == TorrentState.Downloading:
                    Have(_random.Next(PieceCount + 1));
                    Complete();
                    break;
                case 1 when _ledger.State != TorrentState.Failed:
                    Check(_random.Next(PieceCount + 1));
                    GoOn();
                    break;
                case 2:
                    _ledger.Error = null;
                    _state.Set(TorrentState.Suspended);
                    break;
                case 3 when _ledger.State is TorrentState.Suspended or TorrentState.Failed or TorrentState.Stopped:
                    Join();
                    break;
                case 4:
                    FilePriority[] wanted = [.. Enumerable.Range(0, 3).Select(_ => _random.Next(2) == 0 ? FilePriority.Skip : FilePriority.Normal)];
                    _state.WantsChanged(() => _work.Want(wanted), () => _work.IsComplete);
                    break;
                case 5:
                    _state.TryFail(Error);
                    break;
                case 6 when _ledger.State is TorrentState.Seeding or TorrentState.Downloading or TorrentState.Suspended:
                    _ledger.BeginMove(_ledger.State, "/elsewhere");
                    _state.Set(TorrentState.Moving);
                    _ledger.MovedShare = _random.NextDouble();
                    Look();
                    GoOn();
                    break;
            }

            Look();
        }

        public async ValueTask DisposeAsync()
        {
            await _work.DisposeAsync();
            await _network.DisposeAsync();
            await _engine.DisposeAsync();
        }

        void IWorkEvents.MetadataFetched(byte[] info)
        {
        }

        void IWorkEvents.PieceVerified(int piece, bool isComplete)
        {
        }

        void IWorkEvents.StorageFailed(TorrentError error)
        {
        }

        void IWorkEvents.Faulted(Exception fault) => Assert.Fail(fault.ToString());

        private void GoOn()
        {
            if (_random.Next(2) == 0)
                _state.Set(TorrentState.Suspended);
            else
                Join();
        }

        private TorrentStatus Made() => _ledger.MakeStatus(Array.AsReadOnly<TrackerSnapshot>([]), saving: null);
    }
}
