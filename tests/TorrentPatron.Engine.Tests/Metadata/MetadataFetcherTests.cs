using System.Net;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Metadata;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Tests.Limits;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Peers;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Tests.Metadata;

public sealed class MetadataFetcherTests : IAsyncDisposable
{
    private const byte Number = 7;

    private static readonly byte[] Genuine = Bytes(2 << 20);

    private readonly FakeTimeProvider _time = new();
    private readonly EngineResources _engine;
    private readonly ExtensionTable _table = new();
    private readonly MetadataFetcher _fetcher;
    private readonly TaskCompletionSource<byte[]> _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<PeerConnection> _banned = [];
    private readonly List<MetadataPeer> _peers = [];

    public MetadataFetcherTests()
    {
        _engine = new EngineResources(
            new ClientSettings { DiskThreads = 1 }, new MemoryNetwork().Join(), new ScriptedTrackerClient(), _time, new Random(1));
        _fetcher = NewFetcher(Genuine);
        _table.Set(_fetcher);
    }

    public async ValueTask DisposeAsync()
    {
        _fetcher.End();
        Assert.Equal(0, _engine.MetadataMemory.Taken);
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task Many_peers_that_claim_wrong_sizes_and_send_slowly_do_not_keep_out_the_one_with_the_metadata()
    {
        for (int i = 0; i < 20; i++)
            Join((30 << 20) - i, drips: true);
        MetadataPeer honest = Join(Genuine.Length, drips: false);

        for (int second = 0; second < 4 * 60 * 60 && !_received.Task.IsCompleted; second++)
        {
            foreach (MetadataPeer peer in _peers)
                peer.Give(second);
            Assert.InRange(_engine.MetadataMemory.Taken, 0, MetadataMemory.Capacity);
            _time.Advance(TimeSpan.FromSeconds(1));
            _fetcher.Tick();
            if (honest.HasSentAll)
                break;
        }

        Assert.Equal(Genuine, await _received.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.True(honest.Peer.HasGivenMetadata);
        Assert.DoesNotContain(_peers, peer => peer != honest && peer.Peer.HasGivenMetadata);
    }

    [Fact]
    public async Task A_majority_that_claims_the_right_size_but_sends_wrong_pieces_is_detected()
    {
        for (int i = 0; i < 9; i++)
            Join(Genuine.Length, drips: false, isLiar: true);
        MetadataPeer honest = Join(Genuine.Length, drips: false);

        for (int second = 0; second < 1000 && !_received.Task.IsCompleted; second++)
        {
            foreach (MetadataPeer peer in _peers.Where(peer => !_banned.Contains(peer.Peer)).ToArray())
                peer.Give(second);
            _time.Advance(TimeSpan.FromMilliseconds(100));
            _fetcher.Tick();
            // The disk threads hash.
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        Assert.Equal(Genuine, await _received.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.DoesNotContain(honest.Peer, _banned);
    }

    [Fact]
    public void A_peer_with_unverified_metadata_pieces_was_not_useful()
    {
        MetadataPeer liar = Join(Genuine.Length, drips: true, isLiar: true);
        liar.Give(0);

        Assert.Equal(1, liar.Peer.MetadataPieces);
        Assert.False(liar.Peer.WasUseful);
    }

    [Fact]
    public void Small_sizes_have_reserved_memory_and_torrents_take_turns()
    {
        var memory = new MetadataMemory();
        object braggart = new(), second = new(), third = new();
        Assert.True(memory.TryTake(braggart, 30 << 20));
        Assert.False(memory.TryTake(braggart, 30 << 20));
        Assert.True(memory.IsWanted(30 << 20));
        Assert.True(memory.TryTake(second, 100_000));
        memory.Withdraw(braggart, isSmall: false);

        Assert.False(memory.TryTake(second, 30 << 20));
        Assert.False(memory.TryTake(third, 2 << 20));
        memory.Return(30 << 20);
        Assert.False(memory.TryTake(braggart, 2 << 20));
        Assert.True(memory.TryTake(second, 30 << 20));
        Assert.True(memory.TryTake(third, 2 << 20));
        Assert.InRange(memory.Taken, 0, MetadataMemory.Capacity);
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(5).NextBytes(bytes);
        return bytes;
    }

    private MetadataFetcher NewFetcher(byte[] metadata) => new(
        new MagnetLink { InfoHash = InfoHash.OfInfo(metadata) }, _engine, (peer, _) => _banned.Add(peer), metadata => _received.TrySetResult(metadata));

    private MetadataPeer Join(int size, bool drips, bool isLiar = false)
    {
        var peer = new MetadataPeer(this, size, drips, isLiar);
        _peers.Add(peer);
        Assert.Null(peer.Peer.Extensions.Handle(0, new ExtensionHandshake
        {
            Extensions = new Dictionary<string, byte> { [MetadataMessage.Extension] = Number }, MetadataSize = size,
        }.ToBytes()));
        return peer;
    }

    /// <summary>A peer that sends the requested pieces: all, or one now and then.</summary>
    private sealed class MetadataPeer : DetachedPeer
    {
        private readonly MetadataFetcherTests _test;
        private readonly int _size;
        private readonly bool _drips;
        private readonly bool _isLiar;
        private readonly Queue<int> _asked = [];
        private readonly HashSet<int> _given = [];

        public MetadataPeer(MetadataFetcherTests test, int size, bool drips, bool isLiar)
            : base(test._peers.Count + 1, isV2: false, test._table, test._time) =>
            (_test, _size, _drips, _isLiar) = (test, size, drips, isLiar);

        public bool HasSentAll => _given.Count == MetadataMessage.CountPieces(_size);

        public void Give(int second)
        {
            if (_drips && second % 8 != 0)
                return;
            do
            {
                ReadRequests();
                if (!_asked.TryDequeue(out int piece))
                    return;
                byte[] data = _size == Genuine.Length
                    ? MetadataMessage.WriteData(piece, Genuine)
                    : [.. System.Text.Encoding.ASCII.GetBytes($"d8:msg_typei1e5:piecei{piece}e10:total_sizei{_size}ee"), .. new byte[MetadataMessage.LengthOf(piece, _size)]];
                if (_isLiar)
                    data[^1] ^= 1;
                _given.Add(piece);
                Assert.Null(_test._fetcher.Handle(Peer, data));
            }
            while (!_drips);
        }

        private void ReadRequests()
        {
            foreach ((MessageId id, byte[] body) in TakeSent())
            {
                if (id == MessageId.Extended && body[0] == Number && MetadataMessage.TryRead(body.AsSpan(1), out MetadataMessage request))
                    _asked.Enqueue(request.Piece);
            }
        }
    }
}
