using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Metadata;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Engine.Tests.Limits;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Engine.Tests.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Metadata;

/// <summary>Hashes of files' trees (BEP 52): requested by <see cref="LayerFetcher"/>, sent by <see cref="HashServer"/>.</summary>
public sealed class HashExchangeTests : IAsyncDisposable
{
    private const int PieceLength = 64 * 1024;

    private readonly FakeTimeProvider _time = new();
    private readonly EngineResources _engine;
    private readonly TempFolder _folder = new();
    private readonly List<PeerConnection> _banned = [];
    private readonly List<HashPeer> _peers = [];
    private TorrentMetainfo _metainfo = null!;
    private TorrentStorage? _storage;
    private IReadOnlyDictionary<InfoHashV2, ReadOnlyMemory<byte>>? _received;

    public HashExchangeTests() => _engine = new EngineResources(
        new ClientSettings { DiskThreads = 1 }, new MemoryNetwork().Join(), new ScriptedTrackerClient(), _time, new Random(1));

    public async ValueTask DisposeAsync()
    {
        _storage?.Dispose();
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task All_layers_of_a_torrent_are_fetched_from_one_peer_that_has_them()
    {
        HashServer server = await ServeAsync(2000);
        LayerFetcher fetcher = Fetch();
        HashPeer peer = Join();
        fetcher.Tick();
        Exchange(fetcher, server, peer);

        AssertLayers();
        Assert.Equal((4, 4), fetcher.Progress);
        Assert.Empty(_banned);
    }

    [Fact]
    public async Task A_liar_is_banned_for_its_first_lie_and_the_rest_comes_from_others()
    {
        HashServer server = await ServeAsync(2000);
        LayerFetcher fetcher = Fetch();
        HashPeer liar = Join(), honest = Join();
        liar.Lies = true;
        fetcher.Tick();
        for (int i = 0; i < 20 && _received is null; i++)
        {
            Exchange(fetcher, server, liar);
            Exchange(fetcher, server, honest);
            _time.Advance(TimeSpan.FromSeconds(1));
            fetcher.Tick();
        }

        AssertLayers();
        Assert.Equal(liar.Peer, Assert.Single(_banned));
        Assert.Equal(1, liar.Answers);
    }

    [Fact]
    public async Task Requests_that_a_peer_rejects_or_does_not_answer_go_to_another()
    {
        HashServer server = await ServeAsync(2000);
        LayerFetcher fetcher = Fetch();
        HashPeer silent = Join();
        fetcher.Tick();
        HashPeer refusing = Join(), honest = Join();
        refusing.Refuses = true;
        for (int i = 0; i < 60 && _received is null; i++)
        {
            Exchange(fetcher, server, refusing);
            Exchange(fetcher, server, honest);
            _time.Advance(TimeSpan.FromSeconds(1));
            fetcher.Tick();
        }

        AssertLayers();
        Assert.Empty(_banned);
        Assert.Equal(4, silent.TakeSent().Count(message => message.Id == MessageId.HashRequest));
    }

    [Fact]
    public async Task Layers_are_requested_when_memory_is_available_and_release_it()
    {
        HashServer server = await ServeAsync(2000);
        LayerFetcher fetcher = Fetch();
        HashPeer peer = Join();
        object other = new();
        while (_engine.MetadataMemory.TryTake(other, MetadataMemory.MostSmall))
        {
        }

        _engine.MetadataMemory.Withdraw(other, isSmall: true);
        int taken = _engine.MetadataMemory.Taken;
        fetcher.Tick();
        Assert.Empty(peer.TakeSent());

        _engine.MetadataMemory.Return(MetadataMemory.MostSmall);
        fetcher.Tick();
        Assert.Equal(taken - MetadataMemory.MostSmall + (2000 * 32), _engine.MetadataMemory.Taken);
        Exchange(fetcher, server, peer);
        AssertLayers();
        fetcher.End();
        fetcher.End();
        Assert.Equal(taken - MetadataMemory.MostSmall, _engine.MetadataMemory.Taken);
    }

    [Fact]
    public async Task A_peer_that_speaks_version_1_is_not_asked()
    {
        await ServeAsync(10);
        LayerFetcher fetcher = Fetch();
        HashPeer peer = Join(isV2: false);
        fetcher.Tick();
        Assert.Empty(peer.TakeSent());
    }

    [Fact]
    public async Task Unrequested_hashes_are_ignored()
    {
        HashServer server = await ServeAsync(10);
        LayerFetcher fetcher = Fetch();
        HashPeer peer = Join();
        var request = new HashRequest(new InfoHashV2(_metainfo.Files[0].PiecesRoot.Span), 2, 0, 16, 3);
        Assert.Null(server.Handle(peer.Peer, Message(MessageId.HashRequest, request)));
        (MessageId _, byte[] hashes) = Assert.Single(peer.TakeSent());
        Assert.Null(fetcher.Handle(peer.Peer, Message(MessageId.Hashes, hashes)));
        Assert.Null(_received);
        Assert.Equal(0, fetcher.Progress.Received);
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(8, 4)]
    [InlineData(36, 4)]
    [InlineData(0, 64)]
    [InlineData(2, 2)]
    public async Task Block_hashes_of_verified_pieces_are_sent(int index, int length)
    {
        HashServer server = await ServeAsync(10);
        HashPeer peer = Join();
        var root = new InfoHashV2(_metainfo.Files[0].PiecesRoot.Span);
        var request = new HashRequest(root, 0, index, length, 5);
        Assert.True(request.Fits(6));
        Assert.Null(server.Handle(peer.Peer, Message(MessageId.HashRequest, request)));
        (MessageId id, byte[] body) = await peer.NextAsync();

        Assert.Equal(MessageId.Hashes, id);
        Assert.Equal(request, HashRequest.Read(body));
        Assert.True(request.IsProven(body.AsSpan(HashRequest.BodyLength), _metainfo.Files[0].PiecesRoot.Span));
    }

    [Fact]
    public async Task Hashes_of_a_file_not_longer_than_a_piece_are_sent()
    {
        HashServer server = await ServeAsync(10);
        HashPeer peer = Join();
        ReadOnlyMemory<byte> root = _metainfo.Files[1].PiecesRoot;
        var request = new HashRequest(new InfoHashV2(root.Span), 0, 0, 2, 0);
        Assert.Null(server.Handle(peer.Peer, Message(MessageId.HashRequest, request)));
        (MessageId id, byte[] body) = await peer.NextAsync();
        Assert.Equal(MessageId.Hashes, id);
        Assert.True(request.IsProven(body.AsSpan(HashRequest.BodyLength), root.Span));
    }

    [Fact]
    public async Task Unavailable_hashes_are_rejected()
    {
        HashServer server = await ServeAsync(10, has: piece => piece != 2);
        HashPeer peer = Join();
        var root = new InfoHashV2(_metainfo.Files[0].PiecesRoot.Span);
        HashRequest[] requests =
        [
            new(new InfoHashV2(RandomNumberGenerator.GetBytes(32)), 2, 0, 2, 0),
            new(root, 0, 8, 4, 5),
            new(root, 1, 0, 2, 0),
            new(root, 2, 0, 3, 0),
            new(root, 2, 64, 2, 0),
            new(root, 0, 0, 8192, 0),
            new(root, -1, 0, 2, 0),
        ];
        foreach (HashRequest request in requests)
        {
            Assert.Null(server.Handle(peer.Peer, Message(MessageId.HashRequest, request)));
            (MessageId id, byte[] body) = Assert.Single(peer.TakeSent());
            Assert.Equal(MessageId.HashReject, id);
            Assert.Equal(request, HashRequest.Read(body));
        }
    }

    private static PeerMessage Message(MessageId id, HashRequest request)
    {
        byte[] body = new byte[HashRequest.BodyLength];
        request.Write(body);
        return Message(id, body);
    }

    private static PeerMessage Message(MessageId id, byte[] body)
    {
        byte[] bytes = new byte[5 + body.Length];
        MessageWriter.WriteBody(bytes, id, body);
        Assert.Equal(ReadResult.Complete, PeerMessage.TryRead(bytes, 128 * 1024, out PeerMessage message, out _));
        return message;
    }

    /// <summary>Creates a torrent of two files: one with the given number of pieces, the last of them short, and one shorter than a piece.</summary>
    private async Task<HashServer> ServeAsync(int pieces, Func<int, bool>? has = null)
    {
        Directory.CreateDirectory(_folder["t"]);
        byte[] content = new byte[(pieces * PieceLength) - 5];
        new Random(1).NextBytes(content);
        await File.WriteAllBytesAsync(_folder["t", "a"], content, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(_folder["t", "b"], content[..20_000], TestContext.Current.CancellationToken);
        byte[] torrent = await TorrentMaker.MakeAsync(
            _folder["t"], new TorrentMakerOptions { Version = MetainfoVersion.V2, PieceLength = PieceLength }, null, TestContext.Current.CancellationToken);
        _metainfo = MetainfoReader.Read(torrent);
        _storage = new TorrentStorage(new FileLayout(_metainfo, _folder.Path), _engine.Files);
        return new HashServer(_metainfo, _storage, _engine.DiskWorkers, has ?? (_ => true), _engine.Faults);
    }

    private LayerFetcher Fetch() => new(
        MetainfoReader.ReadInfo(_metainfo.RawInfo, [], []), () => [.. _peers.Select(peer => peer.Peer)], _engine.MetadataMemory, _time,
        (peer, _) =>
        {
            _banned.Add(peer);
            peer.Close("It is banned.");
        },
        layers => _received = layers);

    private HashPeer Join(bool isV2 = true)
    {
        var peer = new HashPeer(_peers.Count, isV2, _time);
        _peers.Add(peer);
        return peer;
    }

    /// <summary>Makes a peer answer the requests that it received, as the server does.</summary>
    private static void Exchange(LayerFetcher fetcher, HashServer server, HashPeer peer)
    {
        while (!peer.Peer.IsClosed && peer.TakeSent() is { Count: > 0 } requests)
        {
            foreach ((MessageId id, byte[] request) in requests)
            {
                if (id != MessageId.HashRequest || peer.Peer.IsClosed)
                    continue;
                if (peer.Refuses)
                {
                    Assert.Null(fetcher.Handle(peer.Peer, Message(MessageId.HashReject, request)));
                    continue;
                }

                var other = new HashPeer(200, isV2: true, TimeProvider.System);
                Assert.Null(server.Handle(other.Peer, Message(MessageId.HashRequest, request)));
                (MessageId answer, byte[] body) = Assert.Single(other.TakeSent());
                Assert.Equal(MessageId.Hashes, answer);
                if (peer.Lies)
                    body[^1] ^= 1;
                peer.Answers++;
                Assert.Null(fetcher.Handle(peer.Peer, Message(answer, body)));
            }
        }
    }

    private void AssertLayers()
    {
        Assert.NotNull(_received);
        TorrentMetainfo whole = MetainfoReader.WithPieceLayers(MetainfoReader.ReadInfo(_metainfo.RawInfo, [], []), _received);
        Assert.True(whole.HasPieceLayers);
        Assert.Equal(_metainfo.PieceLayer(0).ToArray(), whole.PieceLayer(0).ToArray());
        Assert.Equal(_metainfo.RawPieceLayers.ToArray(), MetainfoReader.Read(whole.Raw).RawPieceLayers.ToArray());
    }

    /// <summary>A connected peer that sends only what the test tells it to.</summary>
    private sealed class HashPeer(int number, bool isV2, TimeProvider time) : DetachedPeer(number, isV2, new ExtensionTable(), time)
    {
        public bool Lies { get; set; }

        public bool Refuses { get; set; }

        public int Answers { get; set; }

        /// <summary>The next message sent to it.</summary>
        public async Task<(MessageId Id, byte[] Body)> NextAsync()
        {
            while (true)
            {
                if (TakeSent() is [var first, ..])
                    return first;
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }
        }
    }
}
