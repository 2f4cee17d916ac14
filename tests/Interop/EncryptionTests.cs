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
    public async Task We_download_from_it(PeerKind kind, EncryptionMethods required, EncryptionPolicy ours)
    {
        await using Meeting meeting = await Meeting.MakeAsync(TorrentTool.Ours, Road.DirectPeer, below => Payload.Write(Shape.SingleFile, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(
            kind, meeting.Torrent, meeting.SeedFolder, meeting.Workspace, finding: new Finding { RequiredEncryption = required });
        await seed.WaitUntilSeedingAsync();

        await using var we = new OurPeer(meeting.Workspace, encryption: ours);
        TorrentId torrent = await we.StartAsync(meeting.Torrent, meeting.DownloadFolder, seed.EndPoint);
        await we.WaitUntilSeedingAsync(torrent);

        meeting.AssertDownloaded();
    }

    // rtorrent does not accept torrents without a tracker.
    [Theory]
    [InlineData(EncryptionMethods.Rc4, EncryptionPolicy.Prefer)]
    [InlineData(EncryptionMethods.Rc4, EncryptionPolicy.Require)]
    [InlineData(EncryptionMethods.Plaintext, EncryptionPolicy.Prefer)]
    [InlineData(EncryptionMethods.None, EncryptionPolicy.Require)]
    public async Task We_download_from_rtorrent(EncryptionMethods required, EncryptionPolicy ours)
    {
        await using Meeting meeting = await Meeting.MakeAsync(TorrentTool.Ours, Road.HttpTracker, below => Payload.Write(Shape.SingleFile, below));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(
            PeerKind.Rtorrent, meeting.Torrent, meeting.SeedFolder, meeting.Workspace, finding: new Finding { RequiredEncryption = required });
        await seed.WaitUntilSeedingAsync();

        await using var we = new OurPeer(meeting.Workspace, encryption: ours);
        TorrentId torrent = await we.StartAsync(meeting.Torrent, meeting.DownloadFolder, seed.EndPoint);
        await we.WaitUntilSeedingAsync(torrent);

        meeting.AssertDownloaded();
    }

    [Theory]
    [InlineData(PeerKind.Libtorrent, Road.DirectPeer, EncryptionMethods.Rc4, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Libtorrent, Road.DirectPeer, EncryptionMethods.Rc4, EncryptionPolicy.Require)]
    [InlineData(PeerKind.Libtorrent, Road.DirectPeer, EncryptionMethods.Plaintext, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Aria2, Road.HttpTracker, EncryptionMethods.Rc4, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Aria2, Road.HttpTracker, EncryptionMethods.Rc4, EncryptionPolicy.Require)]
    [InlineData(PeerKind.Aria2, Road.HttpTracker, EncryptionMethods.Plaintext, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Aria2, Road.HttpTracker, EncryptionMethods.None, EncryptionPolicy.Require)]
    [InlineData(PeerKind.Rtorrent, Road.HttpTracker, EncryptionMethods.Rc4, EncryptionPolicy.Prefer)]
    [InlineData(PeerKind.Rtorrent, Road.HttpTracker, EncryptionMethods.Rc4, EncryptionPolicy.Require)]
    [InlineData(PeerKind.Rtorrent, Road.HttpTracker, EncryptionMethods.Plaintext, EncryptionPolicy.Prefer)]
    public async Task It_downloads_from_us(PeerKind kind, Road road, EncryptionMethods required, EncryptionPolicy ours)
    {
        await using Meeting meeting = await Meeting.MakeAsync(TorrentTool.Ours, road, below => Payload.Write(Shape.SingleFile, below));
        await using var we = new OurPeer(meeting.Workspace, encryption: ours);
        TorrentId torrent = await we.StartAsync(meeting.Torrent, meeting.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);
        if (meeting.Tracker is not null)
            await meeting.Tracker.WaitForSeedAsync();

        await using ForeignPeer downloader = await ForeignPeer.StartAsync(
            kind, meeting.Torrent, meeting.DownloadFolder, meeting.Workspace, finding: new Finding { RequiredEncryption = required },
            peers: road == Road.DirectPeer || kind == PeerKind.Rtorrent ? [we.EndPoint] : []);
        await downloader.WaitUntilSeedingAsync();

        meeting.AssertDownloaded();
    }
}
