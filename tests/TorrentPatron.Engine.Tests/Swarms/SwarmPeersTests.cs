using System.Net;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Engine.Tests.Network;
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
    private readonly SwarmPeers _peers;

    public SwarmPeersTests()
    {
        _engine = new EngineResources(
            new ClientSettings(), new MemoryNetwork().Join(), new ScriptedTrackerClient(), _time, new Random(1),
            new DiskWorkers([new QueuedDiskWorker()]));
        _storage = new TorrentStorage(new FileLayout(_torrent.Metainfo, "nowhere"), _engine.Files);
        var pieces = new SwarmPieces(_torrent.Metainfo, _storage, _engine, new NoEvents());
        var unlimited = new RateLimiterPair(_engine.Download, _engine.Upload);
        var set = new PeerSet(_torrent.Metainfo.TorrentId, _engine, unlimited, unlimited, () => pieces.Selection.IsComplete);
        _peers = new SwarmPeers(_torrent.Metainfo, pieces, reader: null!, _engine, set);
        _peers.Open();
    }

    public async ValueTask DisposeAsync()
    {
        _peers.Dispose();
        _storage.Dispose();
        await _engine.DisposeAsync();
    }

    [Fact]
    public void A_free_slot_is_given_at_once_and_no_more_than_there_are()
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
    public void A_peer_is_told_that_we_are_interested_while_it_has_a_wanted_piece()
    {
        PeerTransfer peer = Join(1)[0];
        _peers.PeerHasPiece(peer.Download, 2);
        Assert.True(peer.Download.AmInterested);
        _peers.PeerLostPiece(peer.Download, 2);
        Assert.False(peer.Download.AmInterested);
    }

    [Fact]
    public void A_bad_piece_of_one_sender_bans_it_and_one_of_several_bans_nobody()
    {
        PeerTransfer[] peers = Join(3);
        _peers.PieceFailed(1000, [peers[0].Download, peers[1].Download]);
        Assert.Equal(3, _peers.Connected.Count);
        _peers.PieceFailed(1000, [peers[2].Download]);

        Assert.Equal(peers[..2], _peers.Connected);
        Assert.Equal(2000, _peers.Wasted);
        Assert.Equal("It has sent wrong data.", Assert.Single(_peers.Set.Closed).Reason);
    }

    private static void Say(PeerTransfer peer, MessageId id)
    {
        Assert.Equal(ReadResult.Complete, PeerMessage.TryRead([0, 0, 0, 1, (byte)id], 1, out PeerMessage message, out _));
        Assert.Null(peer.Handle(message));
    }

    private PeerTransfer[] Join(int count)
    {
        Span<byte> id = stackalloc byte[PeerId.Length];
        for (byte number = 1; number <= count; number++)
        {
            id[0] = number;
            _peers.Set.Attach(
                new IdleConnection(new IPEndPoint(new IPAddress([10, 0, 3, number]), 6881)),
                new Handshake(_torrent.Metainfo.InfoHash, new PeerId(id), SupportsFast: true, SupportsExtensions: false, SupportsDht: false),
                isIncoming: true);
        }

        return [.. _peers.Connected];
    }

    private sealed class NoEvents : ISwarmEvents
    {
        public void PieceVerified(int piece, bool isComplete)
        {
        }

        public void PieceFailed(ActivePiece piece, IReadOnlyList<IBlockSource> senders)
        {
        }

        public void RestoredBlocksDropped(long bytes)
        {
        }

        public void PoisonersFound(IReadOnlyList<IBlockSource> guilty)
        {
        }

        public void StorageFailed(TorrentError error) => Assert.Fail(error.Message);

        public void Faulted(Exception fault) => Assert.Fail(fault.ToString());
    }
}
