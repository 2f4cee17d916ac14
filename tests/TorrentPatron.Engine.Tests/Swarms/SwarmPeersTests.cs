using System.Net;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Peers;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class SwarmPeersTests : IAsyncDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly SwarmTorrent _torrent = new(31, BlockRequest.BlockLength, 4 * BlockRequest.BlockLength);
    private readonly EngineResources _engine;
    private readonly TorrentStorage _storage;
    private readonly SwarmPieces _pieces;
    private readonly SwarmPeers _peers;

    public SwarmPeersTests()
    {
        _engine = new EngineResources(
            new ClientSettings(), new MemoryNetwork().Join(), new ScriptedTrackerClient(), _time, new Random(1),
            new DiskWorkers([new QueuedDiskWorker()]));
        _storage = new TorrentStorage(new FileLayout(_torrent.Metainfo, "nowhere"), _engine.Files);
        _pieces = new SwarmPieces(_torrent.Metainfo, _storage, _engine, new NoEvents());
        _peers = new SwarmPeers(_torrent.Metainfo, _pieces, reader: null!, _engine, NewSet(_pieces));
        _peers.Open();
    }

    public async ValueTask DisposeAsync()
    {
        _peers.Dispose();
        _storage.Dispose();
        await _engine.DisposeAsync();
    }

    [Fact]
    public void Free_slots_are_given_at_once_and_not_exceeded()
    {
        PeerTransfer[] peers = Join(12);
        Assert.All(peers, peer => Assert.True(peer.Upload.AmChoking));
        foreach (PeerTransfer peer in peers)
            Say(peer, MessageId.Interested);

        Assert.Equal(peers[..Choker.Slots], peers.Where(peer => !peer.Upload.AmChoking));
    }

    [Fact]
    public void A_peer_that_loses_interest_is_choked_at_the_next_decision_and_another_gets_its_slot()
    {
        PeerTransfer[] peers = Join(Choker.Slots + 1);
        foreach (PeerTransfer peer in peers)
            Say(peer, MessageId.Interested);
        _peers.Tick(Second);
        PeerTransfer last = Assert.Single(peers, peer => peer.Upload.AmChoking);
        PeerTransfer first = peers.First(peer => peer != last);
        Say(first, MessageId.NotInterested);
        _peers.Tick(Second);
        Assert.True(last.Upload.AmChoking);

        _time.Advance(Choker.Interval);
        _peers.Tick(Second);
        Assert.False(last.Upload.AmChoking);
        Assert.True(first.Upload.AmChoking);
        Assert.Single(peers, peer => peer.Standing.IsOptimistic);
    }

    [Fact]
    public void A_peer_that_toggles_its_interest_creates_no_extra_slot()
    {
        PeerTransfer[] peers = Join(40);
        for (int turn = 0; turn < 3; turn++)
        {
            foreach (PeerTransfer peer in peers)
            {
                Say(peer, MessageId.Interested);
                Say(peer, MessageId.NotInterested);
            }

            foreach (PeerTransfer peer in peers)
                Say(peer, MessageId.Interested);
            Assert.Equal(Choker.Slots, peers.Count(peer => !peer.Upload.AmChoking));
        }
    }

    [Fact]
    public void The_slot_of_a_peer_that_leaves_is_given_in_the_next_beat()
    {
        PeerTransfer[] peers = Join(Choker.Slots + 1);
        foreach (PeerTransfer peer in peers)
            Say(peer, MessageId.Interested);
        _peers.Tick(Second);
        PeerTransfer last = Assert.Single(peers, peer => peer.Upload.AmChoking);
        peers.First(peer => peer != last).Peer.Close("It goes.");
        _peers.Tick(Second);

        Assert.False(last.Upload.AmChoking);
        Assert.Equal(Choker.Slots, _peers.Connected.Count);
    }

    [Fact]
    public void We_are_interested_in_a_peer_while_it_has_a_wanted_piece()
    {
        PeerTransfer peer = Join(1)[0];
        _peers.PeerHasPiece(peer.Download, 2);
        Assert.True(peer.Download.AmInterested);
        _peers.PeerLostPiece(peer.Download, 2);
        Assert.False(peer.Download.AmInterested);
    }

    [Fact]
    public void A_bad_piece_from_one_sender_bans_it_and_one_from_several_bans_no_peer()
    {
        PeerTransfer[] peers = Join(3);
        _peers.PieceFailed(1000, [peers[0].Download, peers[1].Download]);
        Assert.Equal(3, _peers.Connected.Count);
        _peers.PieceFailed(1000, [peers[2].Download]);

        Assert.Equal(peers[..2], _peers.Connected);
        Assert.Equal(2000, _peers.Wasted);
        Assert.Equal("It sent corrupt data.", Assert.Single(_peers.Set.Closed).Reason);
    }

    [Fact]
    public void Wasted_bytes_do_not_count_as_useful_and_an_earlier_runs_bytes_do_not_count_against_this_one()
    {
        _peers.PayloadReceived(5000, wasted: 1000);
        _peers.BlocksDropped(500, areOfThisRun: true);
        _peers.BlocksDropped(3000, areOfThisRun: false);

        Assert.Equal((4500, 3500), (_peers.Wasted, _peers.Useful));
    }

    [Fact]
    public void A_seed_that_announced_its_pieces_early_is_disconnected_at_once_if_we_have_everything()
    {
        var pieces = new SwarmPieces(_torrent.Metainfo, _storage, _engine, new NoEvents());
        using var set = new EarlyPeers(NewSet(pieces));
        PeerConnection seed = set.Attach(1, _torrent), other = set.Attach(2, _torrent);
        Assert.Null(seed.Handle(LonePeer.Message("0e"), slab: null!, 0));
        Assert.Null(other.Handle(LonePeer.Message("0f"), slab: null!, 0));

        var all = new Bitfield(4);
        all.SetAll();
        pieces.Active.Reset(all, null);
        using var peers = new SwarmPeers(_torrent.Metainfo, pieces, reader: null!, _engine, set.Set);
        peers.Open();
        Assert.Equal("Both sides are complete.", Assert.Single(set.Set.Closed).Reason);
        Assert.Same(other, Assert.Single(peers.Connected).Peer);
        Assert.NotNull(other.Transfer);
    }

    [Fact]
    public void A_fault_at_a_peer_connected_before_the_metadata_ends_only_that_peer()
    {
        var pieces = new SwarmPieces(_torrent.Metainfo, _storage, _engine, new NoEvents());
        using var set = new EarlyPeers(NewSet(pieces));
        PeerConnection first = set.Attach(1, _torrent), second = set.Attach(2, _torrent);
        using var peers = new SwarmPeers(_torrent.Metainfo, pieces, reader: null!, _engine, set.Set);
        set.Set.Extensions.Set(new FaultyExtension());
        peers.Open();
        Assert.True(first.IsClosed);
        Assert.Same(second, Assert.Single(peers.Connected).Peer);
        Assert.NotNull(second.Transfer);
    }

    [Fact]
    public void Released_blocks_are_requested_from_a_local_peer_first()
    {
        _pieces.Active.Open();
        PeerTransfer[] peers = [.. Join(3), .. Join(1, network: 10)[3..]];
        foreach (PeerTransfer peer in peers)
        {
            Say(peer, MessageId.HaveAll);
            Say(peer, MessageId.Unchoke);
            peer.Download.EndBatch();
        }

        // Each block is requested from at most two peers.
        Assert.Equal([4, 4, 0, 0], peers.Select(peer => peer.Download.Requests.Count));
        peers[0].Peer.Close("It goes.");
        Assert.Equal([4, 0, 4], peers[1..].Select(peer => peer.Download.Requests.Count));
    }

    private PeerSet NewSet(SwarmPieces pieces) =>
        new(_torrent.Metainfo.TorrentId, _engine, _engine.Download, _engine.Upload, () => pieces.Selection.IsComplete);

    private static void Say(PeerTransfer peer, MessageId id)
    {
        Assert.Equal(ReadResult.Complete, PeerMessage.TryRead([0, 0, 0, 1, (byte)id], 1, out PeerMessage message, out _));
        Assert.Null(peer.Handle(message));
    }

    private PeerTransfer[] Join(int count, byte network = 80)
    {
        Span<byte> id = stackalloc byte[PeerId.Length];
        for (byte number = 1; number <= count; number++)
        {
            (id[0], id[1]) = (number, network);
            _peers.Set.Attach(
                new IdleConnection(new IPEndPoint(new IPAddress([network, 0, 3, number]), 6881)),
                new Handshake(_torrent.Metainfo.InfoHash, new PeerId(id), SupportsFast: true, SupportsExtensions: false, SupportsDht: false),
                isIncoming: true);
        }

        return [.. _peers.Connected];
    }

    /// <summary>Connections of a torrent whose pieces are unknown.</summary>
    private sealed class EarlyPeers : IPeerSetOwner, IDisposable
    {
        public EarlyPeers(PeerSet set)
        {
            Set = set;
            set.GiveTo(this);
            set.Open();
        }

        public PeerSet Set { get; }

        public PeerConnection Attach(byte number, SwarmTorrent torrent)
        {
            Span<byte> id = stackalloc byte[PeerId.Length];
            id[0] = number;
            Set.Attach(
                new IdleConnection(new IPEndPoint(new IPAddress([10, 0, 4, number]), 6881)),
                new Handshake(torrent.Metainfo.InfoHash, new PeerId(id), SupportsFast: true, SupportsExtensions: true, SupportsDht: false),
                isIncoming: true);
            return Set.Connected[^1];
        }

        public void PeerJoined(PeerConnection peer)
        {
        }

        public void PeerLeft(PeerConnection peer)
        {
        }

        public void Dispose() => Set.Close("The test ends.");
    }

    /// <summary>An extension that throws on its first call.</summary>
    private sealed class FaultyExtension : IPeerExtension
    {
        private bool _hasThrown;

        public string Name => "broken";

        public int MaxLength => 0;

        public ExtensionHandshake Describe(ExtensionHandshake hello)
        {
            if (_hasThrown)
                return hello;
            _hasThrown = true;
            throw new InvalidOperationException("A mistake.");
        }

        public string? Handle(PeerConnection peer, ReadOnlySpan<byte> payload) => null;
    }

    private sealed class NoEvents : ISwarmEvents
    {
        public void PieceVerified(int piece, bool isComplete)
        {
        }

        public void PieceFailed(ActivePiece piece, IReadOnlyList<IBlockSource> senders)
        {
        }

        public void BlocksDropped(long bytes, bool areOfThisRun)
        {
        }

        public void PoisonersFound(IReadOnlyList<IBlockSource> guilty)
        {
        }

        public void StorageFailed(TorrentError error) => Assert.Fail(error.Message);

        public void Faulted(Exception fault) => Assert.Fail(fault.ToString());
    }
}
