using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Interop.Tests;

/// <summary>V2 torrents and hybrids (BEP 52), exchanged with libtorrent, which fully supports them.</summary>
/// <remarks>
/// The available v1 clients cannot share hybrids, not even with libtorrent: Transmission 3.00 does not read them, and aria2
/// 1.36 computes a wrong info hash. So a v1-only peer here is libtorrent with a link that names only the v1 hash.
/// </remarks>
public sealed class V2Tests
{
    public static TheoryData<MetainfoVersion, Shape> Versions => new MatrixTheoryData<MetainfoVersion, Shape>(
        [MetainfoVersion.V2, MetainfoVersion.Hybrid], Enum.GetValues<Shape>());

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task We_download_from_libtorrent(MetainfoVersion version, Shape shape)
    {
        await using TestSwarm swarm = await CreateSwarmAsync(version, shape);
        await using ForeignPeer seed = await ForeignPeer.StartAsync(PeerKind.Libtorrent, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await seed.WaitUntilSeedingAsync();

        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.DownloadFolder, seed.EndPoint);
        TorrentStatus status = await we.WaitUntilSeedingAsync(torrent);

        swarm.AssertDownloaded();
        Assert.Equal(0, status.FailedPieces);
        Assert.Empty((await we.RecheckAsync(torrent)).BadPieces);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Libtorrent_downloads_from_us(MetainfoVersion version, Shape shape)
    {
        await using TestSwarm swarm = await CreateSwarmAsync(version, shape);
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);

        await using ForeignPeer peer = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace, peers: [we.EndPoint]);
        await peer.WaitUntilSeedingAsync();

        swarm.AssertDownloaded();
        Assert.All(we.ClosedPeersOf(torrent), closed => Assert.True(closed.ClosedBy != ClosedBy.Us || closed.Reason == "Both sides are complete.", closed.Reason));
    }

    /// <summary>Versions, and which of their hashes a link names.</summary>
    public static TheoryData<MetainfoVersion, bool, bool> Links => new()
    {
        { MetainfoVersion.V2, false, true },
        { MetainfoVersion.Hybrid, true, false },
        { MetainfoVersion.Hybrid, false, true },
        { MetainfoVersion.Hybrid, true, true },
    };

    [Theory]
    [MemberData(nameof(Links))]
    public async Task We_download_from_libtorrent_by_a_link(MetainfoVersion version, bool hasV1, bool hasV2)
    {
        await using TestSwarm swarm = await CreateSwarmAsync(version, Shape.Folder);
        await using ForeignPeer seed = await ForeignPeer.StartAsync(PeerKind.Libtorrent, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await seed.WaitUntilSeedingAsync();

        await using var we = new OurPeer(swarm.Workspace);
        MagnetLink link = Link(swarm.Torrent, hasV1, hasV2) with { Peers = [new HostEndPoint("127.0.0.1", seed.EndPoint.Port)] };
        TorrentId torrent = await we.StartAsync(link, swarm.DownloadFolder);
        await we.WaitUntilSeedingAsync(torrent);

        swarm.AssertDownloaded();
    }

    [Theory]
    [MemberData(nameof(Links))]
    public async Task Libtorrent_downloads_from_us_by_a_link(MetainfoVersion version, bool hasV1, bool hasV2)
    {
        await using TestSwarm swarm = await CreateSwarmAsync(version, Shape.Folder);
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);

        await using ForeignPeer peer = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, Link(swarm.Torrent, hasV1, hasV2).ToString(), swarm.DownloadFolder, swarm.Workspace, peers: [we.EndPoint]);
        await peer.WaitUntilSeedingAsync();

        swarm.AssertDownloaded();
        Assert.All(we.ClosedPeersOf(torrent), closed => Assert.True(closed.ClosedBy != ClosedBy.Us || closed.Reason == "Both sides are complete.", closed.Reason));
    }

    [Theory]
    [MemberData(nameof(Links))]
    public async Task Our_engine_downloads_from_itself_by_a_link(MetainfoVersion version, bool hasV1, bool hasV2)
    {
        await using TestSwarm swarm = await CreateSwarmAsync(version, Shape.Folder);
        await using var seed = new OurPeer(swarm.Workspace, name: "seed state");
        await seed.WaitUntilSeedingAsync(await seed.StartAsync(swarm.Torrent, swarm.SeedFolder));

        await using (var we = new OurPeer(swarm.Workspace))
        {
            MagnetLink link = Link(swarm.Torrent, hasV1, hasV2) with { Peers = [new HostEndPoint("127.0.0.1", seed.EndPoint.Port)] };
            TorrentId torrent = await we.StartAsync(link, swarm.DownloadFolder);
            await we.WaitUntilSeedingAsync(torrent);
            swarm.AssertDownloaded();
        }

        // The fetched parts of the torrent are saved: they are not requested again.
        await seed.DisposeAsync();
        await using var again = new OurPeer(swarm.Workspace);
        TorrentStatus status = await again.WaitUntilSeedingAsync(await again.StartAsync(Link(swarm.Torrent, hasV1, hasV2), swarm.DownloadFolder));
        Assert.Equal(100, status.PercentComplete);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Our_torrent_has_the_info_that_libtorrent_makes_of_the_same_content(MetainfoVersion version, Shape shape)
    {
        await using TestSwarm swarm = await CreateSwarmAsync(version, shape);
        byte[] ours = await TorrentMaker.MakeAsync(
            swarm.Content, new TorrentMakerOptions { Version = version, PieceLength = Payload.PieceLength }, progress: null,
            TestContext.Current.CancellationToken);
        TorrentMetainfo theirs = OurPeer.Read(swarm.Torrent);
        TorrentMetainfo made = MetainfoReader.Read(ours);

        Assert.Equal(Encoding.Latin1.GetString(theirs.RawInfo.Span), Encoding.Latin1.GetString(made.RawInfo.Span));
        Assert.Equal(theirs.TorrentId.V2, made.TorrentId.V2);
        Assert.Equal(Encoding.Latin1.GetString(theirs.RawPieceLayers.Span), Encoding.Latin1.GetString(made.RawPieceLayers.Span));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task We_dial_libtorrent_if_it_knows_only_one_hash_of_a_hybrid(bool isByV1)
    {
        await using TestSwarm swarm = await CreateSwarmAsync(MetainfoVersion.Hybrid, Shape.Folder);
        await using ForeignPeer peer = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, Link(swarm.Torrent, isByV1, !isByV1).ToString(), swarm.DownloadFolder, swarm.Workspace);
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.SeedFolder, peer.EndPoint);
        await we.WaitUntilSeedingAsync(torrent);
        await peer.WaitUntilSeedingAsync();
        swarm.AssertDownloaded();
    }

    [Fact]
    public async Task Peers_that_know_one_hash_each_share_a_hybrid_with_us()
    {
        await using TestSwarm swarm = await CreateSwarmAsync(MetainfoVersion.Hybrid, Shape.Folder);
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);
        await using ForeignPeer one = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, Link(swarm.Torrent, true, false).ToString(), swarm.Workspace["one"], swarm.Workspace, peers: [we.EndPoint]);
        await using ForeignPeer two = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, Link(swarm.Torrent, false, true).ToString(), swarm.Workspace["two"], swarm.Workspace, peers: [we.EndPoint]);
        await one.WaitUntilSeedingAsync();
        await two.WaitUntilSeedingAsync();
        swarm.AssertDownloaded(folder: swarm.Workspace["one"]);
        swarm.AssertDownloaded(folder: swarm.Workspace["two"]);
    }

    [Theory]
    [InlineData(MetainfoVersion.V2)]
    [InlineData(MetainfoVersion.Hybrid)]
    public async Task Piece_layers_missing_from_a_torrent_file_are_fetched_from_libtorrent_and_saved(MetainfoVersion version)
    {
        await using TestSwarm swarm = await CreateSwarmAsync(version, Shape.Folder);
        await using ForeignPeer seed = await ForeignPeer.StartAsync(PeerKind.Libtorrent, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await seed.WaitUntilSeedingAsync();
        TorrentMetainfo whole = OurPeer.Read(swarm.Torrent);
        string bare = swarm.Workspace.File("bare.torrent");
        await File.WriteAllBytesAsync(bare, MetainfoReader.ReadInfo(whole.RawInfo, [], []).Raw.ToArray(), TestContext.Current.CancellationToken);

        await using (var we = new OurPeer(swarm.Workspace))
        {
            await we.WaitUntilSeedingAsync(await we.StartAsync(bare, swarm.DownloadFolder, seed.EndPoint));
            swarm.AssertDownloaded();
        }

        string state = Assert.Single(Directory.GetFiles(swarm.Workspace["our state"], "*.torrent", SearchOption.AllDirectories));
        Assert.Equal(whole.RawPieceLayers.ToArray(), OurPeer.Read(state).RawPieceLayers.ToArray());
        // The same file, started again, finds them saved: no peer needs to be asked.
        await using var again = new OurPeer(swarm.Workspace);
        TorrentStatus status = await again.WaitUntilSeedingAsync(await again.StartAsync(bare, swarm.DownloadFolder));
        Assert.Equal(0, status.RecheckedPieces);
    }

    private static MagnetLink Link(string torrent, bool hasV1, bool hasV2)
    {
        TorrentId id = OurPeer.Read(torrent).TorrentId;
        return new MagnetLink { InfoHash = hasV1 ? id.V1 : null, InfoHashV2 = hasV2 ? id.V2 : null };
    }

    private static Task<TestSwarm> CreateSwarmAsync(MetainfoVersion version, Shape shape) => TestSwarm.MakeAsync(
        (content, torrent) => TorrentTools.MakeByLibtorrentAsync(version, content, torrent), below => Payload.Write(shape, below));
}
