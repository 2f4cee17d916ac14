using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Interop.Tests;

/// <summary>Message stream encryption with other clients, in both directions. A peer that requires it refuses plaintext peers.</summary>
public sealed class EncryptionTests
{
    [Theory]
    [InlineData(PeerKind.Libtorrent, EncryptionMethods.Rc4, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Libtorrent, EncryptionMethods.Rc4, EncryptionPolicy.Require)]
    [InlineData(PeerKind.Libtorrent, EncryptionMethods.Plaintext, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Libtorrent, EncryptionMethods.None, EncryptionPolicy.Require)]
    [InlineData(PeerKind.Transmission, EncryptionMethods.Rc4, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Transmission, EncryptionMethods.Rc4, EncryptionPolicy.Require)]
    [InlineData(PeerKind.Transmission, EncryptionMethods.None, EncryptionPolicy.Require)]
    [InlineData(PeerKind.Aria2, EncryptionMethods.Rc4, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Aria2, EncryptionMethods.Rc4, EncryptionPolicy.Require)]
    [InlineData(PeerKind.Aria2, EncryptionMethods.Plaintext, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Aria2, EncryptionMethods.None, EncryptionPolicy.Require)]
    public Task We_download_from_it(PeerKind kind, EncryptionMethods required, EncryptionPolicy ours) =>
        DownloadAsync(kind, PeerDiscovery.DirectPeer, required, ours);

    // rtorrent does not accept torrents without a tracker.
    [Theory]
    [InlineData(EncryptionMethods.Rc4, EncryptionPolicy.Prefer)]
    [InlineData(EncryptionMethods.Rc4, EncryptionPolicy.Require)]
    [InlineData(EncryptionMethods.Plaintext, EncryptionPolicy.Prefer)]
    [InlineData(EncryptionMethods.None, EncryptionPolicy.Require)]
    public Task We_download_from_rtorrent(EncryptionMethods required, EncryptionPolicy ours) =>
        DownloadAsync(PeerKind.Rtorrent, PeerDiscovery.HttpTracker, required, ours);

    [Theory]
    [InlineData(PeerKind.Libtorrent, PeerDiscovery.DirectPeer, EncryptionMethods.Rc4, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Libtorrent, PeerDiscovery.DirectPeer, EncryptionMethods.Rc4, EncryptionPolicy.Require)]
    [InlineData(PeerKind.Libtorrent, PeerDiscovery.DirectPeer, EncryptionMethods.Plaintext, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Aria2, PeerDiscovery.HttpTracker, EncryptionMethods.Rc4, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Aria2, PeerDiscovery.HttpTracker, EncryptionMethods.Rc4, EncryptionPolicy.Require)]
    [InlineData(PeerKind.Aria2, PeerDiscovery.HttpTracker, EncryptionMethods.Plaintext, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Aria2, PeerDiscovery.HttpTracker, EncryptionMethods.None, EncryptionPolicy.Require)]
    [InlineData(PeerKind.Rtorrent, PeerDiscovery.HttpTracker, EncryptionMethods.Rc4, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Rtorrent, PeerDiscovery.HttpTracker, EncryptionMethods.Rc4, EncryptionPolicy.Require)]
    [InlineData(PeerKind.Rtorrent, PeerDiscovery.HttpTracker, EncryptionMethods.Plaintext, EncryptionPolicy.Prefer)]
    public async Task It_downloads_from_us(PeerKind kind, PeerDiscovery discovery, EncryptionMethods required, EncryptionPolicy ours)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, discovery, below => Payload.Write(Shape.SingleFile, below));
        await using var we = new OurPeer(swarm.Workspace, encryption: ours);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);
        if (swarm.Tracker is not null)
            await swarm.Tracker.WaitForSeedAsync();

        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            kind, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace, discovery: new TrackerlessDiscovery { RequiredEncryption = required },
            peers: discovery == PeerDiscovery.DirectPeer || kind == PeerKind.Rtorrent ? [we.EndPoint] : []);
        await downloader.WaitUntilSeedingAsync();

        swarm.AssertDownloaded();
    }

    private static async Task DownloadAsync(PeerKind kind, PeerDiscovery discovery, EncryptionMethods required, EncryptionPolicy ours)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(TorrentTool.Ours, discovery, below => Payload.Write(Shape.SingleFile, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(
            kind, swarm.Torrent, swarm.SeedFolder, swarm.Workspace, discovery: new TrackerlessDiscovery { RequiredEncryption = required });
        await seed.WaitUntilSeedingAsync();

        await using var we = new OurPeer(swarm.Workspace, encryption: ours);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.DownloadFolder, seed.EndPoint);
        await we.WaitUntilSeedingAsync(torrent);

        swarm.AssertDownloaded();
    }
}
