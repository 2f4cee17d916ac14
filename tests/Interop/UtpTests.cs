using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Encryption;
using TorrentPatron.Protocol.Magnets;

namespace TorrentPatron.Interop.Tests;

/// <summary>uTP with other clients, in both directions. libtorrent's TCP is switched off; Transmission's cannot be.</summary>
public sealed class UtpTests
{
    [Theory]
    [InlineData(PeerKind.Libtorrent, TransportPolicy.Utp, EncryptionMethods.None)]
    [InlineData(PeerKind.Libtorrent, TransportPolicy.Any, EncryptionMethods.None)]
    [InlineData(PeerKind.Libtorrent, TransportPolicy.Utp, EncryptionMethods.Plaintext)]
    [InlineData(PeerKind.Libtorrent, TransportPolicy.Utp, EncryptionMethods.Rc4)]
    [InlineData(PeerKind.Transmission, TransportPolicy.Utp, EncryptionMethods.None)]
    [InlineData(PeerKind.Transmission, TransportPolicy.Utp, EncryptionMethods.Rc4)]
    public async Task We_download_from_it(PeerKind kind, TransportPolicy ours, EncryptionMethods required)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(
            kind, swarm.Torrent, swarm.SeedFolder, swarm.Workspace, discovery: new TrackerlessDiscovery { Utp = true, RequiredEncryption = required });
        await seed.WaitUntilSeedingAsync();

        await using var we = new OurPeer(swarm.Workspace, encryption: EncryptionPolicy.Prefer, transport: ours);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.DownloadFolder, seed.EndPoint);
        Task<PeerTransport> seen = SeeTransportAsync(we, torrent);
        await we.WaitUntilSeedingAsync(torrent);

        swarm.AssertDownloaded();
        Assert.Equal(PeerTransport.Utp, await seen);
    }

    [Theory]
    [InlineData(PeerKind.Libtorrent, EncryptionMethods.None)]
    [InlineData(PeerKind.Libtorrent, EncryptionMethods.Plaintext)]
    [InlineData(PeerKind.Libtorrent, EncryptionMethods.Rc4)]
    public async Task It_downloads_from_us(PeerKind kind, EncryptionMethods required)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);
        Task<PeerTransport> seen = SeeTransportAsync(we, torrent);

        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            kind, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace, discovery: new TrackerlessDiscovery { Utp = true, RequiredEncryption = required },
            peers: [we.EndPoint]);
        await downloader.WaitUntilSeedingAsync();

        swarm.AssertDownloaded();
        Assert.Equal(PeerTransport.Utp, await seen);
    }

    [Fact]
    public async Task We_download_from_libutp()
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
        await using var seed = WebTorrentPeer.Start(swarm.Torrent, swarm.SeedFolder);
        await seed.WaitUntilSeedingAsync();

        await using var we = new OurPeer(swarm.Workspace, transport: TransportPolicy.Utp);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.DownloadFolder, seed.EndPoint);
        Task<PeerTransport> seen = SeeTransportAsync(we, torrent);
        await we.WaitUntilSeedingAsync(torrent);

        swarm.AssertDownloaded();
        Assert.Equal(PeerTransport.Utp, await seen);
    }

    [Fact]
    public async Task Other_clients_download_from_us_by_libutp()
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
        await using var we = new OurPeer(swarm.Workspace, transport: TransportPolicy.Utp);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);
        Task<PeerTransport> seen = SeeTransportAsync(we, torrent);

        await using var downloader = WebTorrentPeer.Start(swarm.Torrent, swarm.DownloadFolder, we.EndPoint);
        await downloader.WaitUntilSeedingAsync();

        swarm.AssertDownloaded();
        Assert.Equal(PeerTransport.Utp, await seen);
    }

    [Fact]
    public async Task We_download_by_a_link_over_encrypted_uTP()
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.Folder, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.SeedFolder, swarm.Workspace,
            discovery: new TrackerlessDiscovery { Utp = true, RequiredEncryption = EncryptionMethods.Rc4 });
        await seed.WaitUntilSeedingAsync();
        await using var we = new OurPeer(swarm.Workspace, encryption: EncryptionPolicy.Require, transport: TransportPolicy.Utp);
        MagnetLink link = MagnetLink.Of(OurPeer.Read(swarm.Torrent)) with { Peers = [new HostEndPoint(seed.EndPoint.Address.ToString(), seed.EndPoint.Port)] };

        TorrentId torrent = await we.StartAsync(link, swarm.DownloadFolder);
        await we.WaitForMetadataAsync(torrent);
        await we.WaitUntilSeedingAsync(torrent);

        swarm.AssertDownloaded();
    }

    [Fact]
    public async Task Two_of_our_peers_use_uTP_over_IPv6()
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
        await using var seed = new OurPeer(swarm.Workspace, IPAddress.IPv6Loopback, transport: TransportPolicy.Utp);
        TorrentId seeded = await seed.StartAsync(swarm.Torrent, swarm.SeedFolder);
        await seed.WaitUntilSeedingAsync(seeded);
        await using var leech = new OurPeer(swarm.Workspace, IPAddress.IPv6Loopback, name: "the leech's state", transport: TransportPolicy.Utp);
        TorrentId torrent = await leech.StartAsync(swarm.Torrent, swarm.DownloadFolder, seed.EndPoint);
        Task<PeerTransport> seen = SeeTransportAsync(leech, torrent);
        await leech.WaitUntilSeedingAsync(torrent);

        swarm.AssertDownloaded();
        Assert.Equal(PeerTransport.Utp, await seen);
    }

    /// <summary>Waits for a connected peer, which may leave as soon as it has everything.</summary>
    private static async Task<PeerTransport> SeeTransportAsync(OurPeer we, TorrentId torrent)
    {
        using CancellationTokenSource patience = Patience.Begin();
        while (true)
        {
            if (we.PeersOf(torrent) is [PeerSnapshot peer, ..])
                return peer.Transport;
            await Task.Delay(TimeSpan.FromMilliseconds(1), patience.Token);
        }
    }
}
