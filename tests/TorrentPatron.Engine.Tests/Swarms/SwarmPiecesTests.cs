using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Engine.Tests.Limits;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Peers;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class SwarmPiecesTests : IAsyncDisposable
{
    private const int Block = BlockRequest.BlockLength;
    private const int Blocks = 4;
    private const int Piece = Blocks * Block;
    private const int Count = 4;

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly QueuedDiskWorker _disk = new();
    private readonly Events _events = new();
    private readonly EngineResources _engine;
    private readonly TorrentStorage _storage;
    private readonly SwarmTorrent _torrent = new(30, Piece, (Count * Piece) - 100);
    private readonly SwarmPieces _pieces;
    private int _peers;

    public SwarmPiecesTests()
    {
        _engine = new EngineResources(
            new ClientSettings(), new MemoryNetwork().Join(), new ScriptedTrackerClient(), _time, new Random(1), new DiskWorkers([_disk]));
        _storage = new TorrentStorage(new FileLayout(_torrent.Metainfo, _folder.Path), _engine.Files);
        _storage.Prepare(null, [], _storage.Stamps());
        _pieces = new SwarmPieces(_torrent.Metainfo, _storage, _engine, _events);
        _pieces.Selection.Sequential = true;
        _pieces.Open(true);
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _storage.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Reserve_takes_the_blocks_of_one_piece_after_the_other()
    {
        TestPeer peer = Seed();
        Assert.Equal(["0.0", "0.1", "0.2"], peer.Reserve(3));
        Assert.Equal(["0.3", "1.0"], peer.Reserve(2));
        Assert.Equal(1, peer.Current!.Index);
        Assert.Equal(["2.0", "2.1"], Seed().Reserve(2));
    }

    [Fact]
    public void Reserve_takes_only_pieces_that_the_peer_has_and_we_want()
    {
        Assert.Empty(Peer().Reserve(4));
        Assert.Equal(["2.0", "2.1", "2.2", "2.3"], Peer(2).Reserve(16));

        var here = new Bitfield(Count);
        here.Set(1);
        _pieces.Active.Reset(here, null);
        Assert.Empty(Peer(1).Reserve(4));
    }

    [Fact]
    public void Reserve_takes_nothing_while_the_pieces_are_not_open()
    {
        _pieces.Open(false);
        TestPeer peer = Seed();
        Assert.Empty(peer.Reserve(4));
        _pieces.Open(true);
        Assert.Equal(4, peer.Reserve(4).Length);
    }

    [Fact]
    public void A_peer_that_chokes_us_is_asked_only_for_pieces_that_it_allows()
    {
        TestPeer peer = Seed();
        peer.Source.HandleChoke(true);
        Assert.Empty(peer.Reserve(16));
        peer.Source.HandleAllowedFast(3);
        Assert.Equal(["3.0", "3.1", "3.2", "3.3"], peer.Reserve(16));
    }

    [Fact]
    public void Released_blocks_are_free_for_others()
    {
        TestPeer one = Peer(0), other = Peer(0);
        one.Reserve(4);
        one.Release("0.1", "0.3");
        Assert.Equal(["0.1", "0.3"], other.Reserve(4));
    }

    [Fact]
    public void A_piece_with_every_block_released_counts_as_never_begun()
    {
        TestPeer one = Seed();
        one.Reserve(4);
        ActivePiece given = one.Current!;
        one.Release("0.0", "0.1", "0.2", "0.3");

        TestPeer other = Seed();
        Assert.Equal(["0.0", "0.1"], other.Reserve(2));
        Assert.NotSame(given, other.Current);
    }

    [Fact]
    public void In_the_end_game_blocks_are_requested_from_two_peers_few_at_a_time_and_not_from_a_snubbed_one()
    {
        TestPeer one = Seed();
        Assert.Equal(Count * Blocks, one.Reserve(100).Length);
        Assert.Empty(one.Reserve(4));

        TestPeer snubbed = Seed();
        snubbed.Source.Requests.Snub();
        Assert.Empty(snubbed.Reserve(100));
        Assert.Equal(8, Seed().Reserve(100).Length);
        Assert.Equal(8, Seed().Reserve(100).Length);
        Assert.Empty(Seed().Reserve(100));
    }

    [Fact]
    public void A_piece_with_all_blocks_is_verified_and_written_and_the_last_one_completes_the_torrent()
    {
        TestPeer peer = Seed();
        peer.Reserve(Blocks);
        peer.Send(_torrent.Data);
        Assert.False(_pieces.Selection.Has(0));
        _disk.Run();

        Assert.Equal(["verified 0"], _events.Said);
        Assert.True(_pieces.Selection.Has(0));
        Assert.Equal((1, Piece), (_pieces.Selection.Progress.VerifiedPieces, _pieces.Selection.Progress.CompletedBytes));
        Assert.Equal(_torrent.Data.Length - Piece, _pieces.Selection.MissingBytes);
        Assert.False(_pieces.Selection.IsComplete);

        peer.Reserve(100);
        peer.Send(_torrent.Data);
        _disk.Run();
        Assert.Equal(["verified 0", "verified 1", "verified 2", "verified 3, complete"], _events.Said);
        Assert.True(_pieces.Selection.IsComplete);
        Assert.Equal(0, _pieces.Selection.MissingBytes);
        Assert.Equal(0, _engine.Held.Bytes);
        _storage.CloseFiles();
        _torrent.AssertIsIn(_folder.Path);
    }

    [Fact]
    public void A_bad_piece_from_one_peer_identifies_it_and_is_free_again()
    {
        TestPeer one = Peer(0), other = Peer(0);
        one.Reserve(4);
        one.Send(new byte[_torrent.Data.Length]);
        _disk.Run();

        Assert.Equal(["failed 0"], _events.Said);
        Assert.Equal([one.Source], _events.Senders);
        Assert.Equal(1, _pieces.FailedCount);
        Assert.False(_pieces.Selection.Has(0));
        Assert.Equal(["0.0", "0.1"], other.Reserve(2));
    }

    [Fact]
    public void A_hybrid_whose_halves_have_different_content_stops_and_no_peer_is_blamed()
    {
        TorrentMetainfo metainfo = MetainfoReader.Read(new TorrentBuilder
        {
            Version = MetainfoVersion.Hybrid, Name = "n", Files = [new TorrentBuilderFile(null, Piece)], PieceLength = Piece,
            PieceHashes = SHA1.HashData(_torrent.Data.AsSpan(0, Piece)), PieceTreeHashes = new byte[32],
        }.Build());
        using var storage = new TorrentStorage(new FileLayout(metainfo, _folder.Path), _engine.Files);
        storage.Prepare(null, [], storage.Stamps());
        var events = new Events { MayStop = true };
        var pieces = new SwarmPieces(metainfo, storage, _engine, events);
        pieces.Open(true);
        var peer = new TestPeer(pieces, _engine, ++_peers);
        pieces.Selection.SourceHas(peer.Source, null);

        peer.Reserve(Blocks);
        peer.Send(_torrent.Data);
        _disk.Run();

        Assert.Equal([$"stopped by {TorrentErrorId.InvalidTorrent}"], events.Said);
    }

    [Fact]
    public void After_a_bad_piece_from_several_peers_one_peers_blocks_are_fetched_from_others_for_some_seconds()
    {
        TestPeer one = Peer(0), other = Peer(0);
        one.Reserve(3);
        other.Reserve(1);
        one.Send(_torrent.Data);
        other.Send(new byte[_torrent.Data.Length]);
        _disk.Run();

        Assert.Equal([$"dropped {Block}"], _events.Said);
        Assert.Equal(1, _pieces.FailedCount);
        Assert.Empty(other.Reserve(4));
        _time.Advance(TimeSpan.FromSeconds(9));
        _pieces.Tick();
        Assert.Empty(other.Reserve(4));
        _time.Advance(TimeSpan.FromSeconds(2));
        _pieces.Tick();
        Assert.Equal(["0.3"], other.Reserve(4));
    }

    [Fact]
    public void A_bad_piece_that_is_now_good_identifies_the_senders_of_wrong_blocks()
    {
        TestPeer honest = Peer(0), poisoner = Peer(0);
        honest.Reserve(3);
        poisoner.Reserve(1);
        honest.Send(_torrent.Data);
        poisoner.Send(new byte[_torrent.Data.Length]);
        _disk.Run();
        Assert.Equal(["0.3"], honest.Reserve(4));
        honest.Send(_torrent.Data);
        _disk.Run();

        Assert.Equal([$"dropped {Block}", "poisoners", "verified 0"], _events.Said);
        Assert.Equal([poisoner.Source], _events.Poisoners);
    }

    [Fact]
    public void Open_false_parks_pieces_in_flight_and_they_are_continued_first()
    {
        TestPeer peer = Peer(2);
        peer.Reserve(4);
        peer.Send(_torrent.Data, "2.1", "2.3");
        _pieces.Open(false);
        _disk.Run();
        UnfinishedPiece unfinished = Assert.Single(_pieces.Active.Unfinished());
        Assert.Equal((2, 2, true, true), (unfinished.Piece, unfinished.Blocks.Count, unfinished.Blocks[1], unfinished.Blocks[3]));
        Assert.Equal(0, _engine.Held.Bytes);

        _pieces.Open(true);
        TestPeer next = Seed();
        Assert.Equal(["2.0", "2.2"], next.Reserve(2));
        next.Send(_torrent.Data);
        _disk.Run();
        Assert.Equal(["verified 2"], _events.Said);
        Assert.Empty(_pieces.Active.Unfinished());
    }

    [Fact]
    public void Reset_restores_pieces_and_blocks_and_blames_no_peer_for_blocks_of_an_earlier_session()
    {
        var here = new Bitfield(Count);
        here.Set(0);
        var blocks = new Bitfield(Blocks);
        blocks.Set(1);
        blocks.Set(2);
        _pieces.Active.Reset(here, [new UnfinishedPiece(3, blocks)]);
        Assert.True(_pieces.Selection.Has(0));
        Assert.Equal(3, Assert.Single(_pieces.Active.Unfinished()).Piece);

        // The two blocks are wrong on disk.
        _storage.Write(3L * Piece, new byte[Piece - 100]);
        TestPeer peer = Seed();
        Assert.Equal(["3.0", "3.3"], peer.Reserve(2));
        peer.Send(_torrent.Data);
        _disk.Run();
        Assert.Equal([$"dropped {2 * Block} of earlier runs"], _events.Said);

        Assert.Equal(["3.1", "3.2"], peer.Reserve(2));
        peer.Send(_torrent.Data);
        _disk.Run();
        Assert.Equal([$"dropped {2 * Block} of earlier runs", "verified 3"], _events.Said);
    }

    [Fact]
    public async Task WriteOutAsync_writes_the_blocks_of_slow_pieces()
    {
        TestPeer peer = Seed();
        peer.Reserve(4);
        peer.Send(_torrent.Data, "0.0", "0.2");
        Assert.False(await _pieces.WriteOutAsync());
        Assert.Empty(_pieces.Active.Unfinished());

        _time.Advance(TimeSpan.FromSeconds(3));
        Task<bool> writing = _pieces.WriteOutAsync();
        _disk.Run();
        Assert.True(await writing);
        Assert.Equal(2, Assert.Single(_pieces.Active.Unfinished()).Blocks.Count);
    }

    [Fact]
    public void A_peer_is_interesting_while_it_has_a_wanted_piece()
    {
        TestPeer peer = Peer();
        Assert.False(_pieces.Selection.IsInteresting(peer.Source));
        _pieces.Selection.SourceHas(peer.Source, 1);
        Assert.True(_pieces.Selection.IsInteresting(peer.Source));
        _pieces.Selection.SourceLost(peer.Source, 1);
        Assert.False(_pieces.Selection.IsInteresting(peer.Source));

        _pieces.Selection.SourceHas(peer.Source, 1);
        peer.Reserve(4);
        peer.Send(_torrent.Data);
        _disk.Run();
        Assert.True(_pieces.Selection.NoLongerWanted(peer.Source, 1));
        Assert.False(_pieces.Selection.IsInteresting(peer.Source));

        _pieces.SetPriorities([FilePriority.Skip], [peer.Source]);
        Assert.False(_pieces.Selection.IsInteresting(Seed().Source));
        _pieces.SetPriorities([FilePriority.Normal], [peer.Source]);
        Assert.True(_pieces.Selection.IsInteresting(Seed().Source));
    }

    [Fact]
    public void Repeated_announcements_add_to_a_peers_pieces_and_none_counts_after_it_is_closed()
    {
        TestPeer peer = Peer(0);
        _pieces.Selection.SourceHas(peer.Source, Field(1, 2));
        Assert.Equal(3, peer.Source.Availability.Pieces!.Count);
        _pieces.Selection.SourceHas(peer.Source, 3);
        Assert.True(peer.Source.Availability.IsSeed);
        _pieces.Selection.SourceLost(peer.Source, 3);
        Assert.False(peer.Source.Availability.IsSeed);
        Assert.Equal(3, peer.Source.Availability.Pieces!.Count);

        peer.Source.Peer.Close("It goes.");
        _pieces.PeerLeft(peer.Source);
        _pieces.Selection.SourceHas(peer.Source, 3);
        _pieces.Selection.SourceHas(peer.Source, null);
        Assert.Null(peer.Source.Availability.Pieces);
        Assert.False(peer.Source.Availability.IsSeed);
    }

    private static Bitfield Field(params int[] pieces)
    {
        var field = new Bitfield(Count);
        foreach (int piece in pieces)
            field.Set(piece);
        return field;
    }

    private TestPeer Seed()
    {
        TestPeer peer = Peer();
        _pieces.Selection.SourceHas(peer.Source, null);
        return peer;
    }

    private TestPeer Peer(params int[] pieces)
    {
        var peer = new TestPeer(_pieces, _engine, ++_peers);
        if (pieces.Length > 0)
            _pieces.Selection.SourceHas(peer.Source, Field(pieces));
        return peer;
    }

    /// <summary>A peer that does not choke us, without a swarm that would request blocks from it.</summary>
    private sealed class TestPeer
    {
        private readonly SwarmPieces _pieces;
        private readonly EngineResources _engine;
        private readonly List<PendingBlock> _owed = [];
        private ActivePiece? _current;

        public TestPeer(SwarmPieces pieces, EngineResources engine, int number)
        {
            (_pieces, _engine) = (pieces, engine);
            var handler = new RecordingHandler(Count);
            var peer = new PeerConnection(
                handler, new IdleConnection(new IPEndPoint(new IPAddress([10, 0, 2, (byte)number]), 6881)),
                new Handshake(default, default, SupportsFast: true, SupportsExtensions: false, SupportsDht: false), isIncoming: true,
                new ExtensionTable(), NoLimits.Make(), engine.Time);
            Source = new PeerDownload(peer, handler, engine.Time);
            Source.HandleChoke(false);
        }

        public PeerDownload Source { get; }

        public ActivePiece? Current => _current;

        /// <summary>Requests blocks from it; each is named by piece and block.</summary>
        public string[] Reserve(int most)
        {
            var into = new PendingBlock[most];
            PendingBlock[] taken = into[.._pieces.Active.Reserve(Source, ref _current, into)];
            Source.Requests.Add(taken);
            _owed.AddRange(taken);
            return [.. taken.Select(Name)];
        }

        public void Release(params string[] blocks) => _pieces.Active.Release(Source, Take(blocks));

        /// <summary>Sends some or all requested blocks from a torrent's bytes.</summary>
        public void Send(byte[] data, params string[] blocks)
        {
            foreach (PendingBlock block in Take(blocks.Length > 0 ? blocks : [.. _owed.Select(Name)]))
            {
                Slab slab = _engine.Slabs.Rent(Block);
                data.AsSpan(block.Piece.Index * Piece + block.Range.Begin, block.Range.Length).CopyTo(slab.Bytes);
                Assert.True(block.Piece.Add(block.Block, slab, 0, Source, out _, out long bytesToHash));
                slab.Release();
                _pieces.BlocksAdded([block.Piece], bytesToHash);
            }
        }

        private static string Name(PendingBlock block) => $"{block.Piece.Index}.{block.Block}";

        private PendingBlock[] Take(string[] names)
        {
            PendingBlock[] taken = [.. _owed.Where(block => names.Contains(Name(block)))];
            Assert.Equal(names.Length, taken.Length);
            foreach (PendingBlock block in taken)
            {
                _owed.Remove(block);
                Assert.True(Source.Requests.TryTake(block));
            }

            return taken;
        }
    }

    private sealed class Events : ISwarmEvents
    {
        public List<string> Said { get; } = [];

        public IReadOnlyList<IBlockSource> Senders { get; private set; } = [];

        public IReadOnlyList<IBlockSource> Poisoners { get; private set; } = [];

        public void PieceVerified(int piece, bool isComplete) => Said.Add(isComplete ? $"verified {piece}, complete" : $"verified {piece}");

        public void PieceFailed(ActivePiece piece, IReadOnlyList<IBlockSource> senders)
        {
            Said.Add($"failed {piece.Index}");
            Senders = senders;
        }

        public void BlocksDropped(long bytes, bool areOfThisRun) => Said.Add($"dropped {bytes}{(areOfThisRun ? "" : " of earlier runs")}");

        public void PoisonersFound(IReadOnlyList<IBlockSource> guilty)
        {
            Said.Add("poisoners");
            Poisoners = guilty;
        }

        public bool MayStop { get; init; }

        public void StorageFailed(TorrentError error)
        {
            Assert.True(MayStop, error.Message);
            Said.Add($"stopped by {error.Id}");
        }

        public void Faulted(Exception fault) => Assert.Fail(fault.ToString());
    }
}
