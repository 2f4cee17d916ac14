using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Interop.Tests;

/// <summary>Stopped torrents continue from their saved state, and changed files are found.</summary>
public sealed class ResumeTests
{
    private const int Size = (160 * Payload.PieceLength) + 99;

    [Fact]
    public async Task A_stopped_download_continues_where_it_stopped()
    {
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        TorrentStatus first;
        await using (var we = new OurPeer(swarm.Workspace))
        {
            TorrentId torrent = await we.StartAsync(swarm.Torrent, new StartRequest
            {
                Destination = swarm.DownloadFolder,
                Peers = [seed.EndPoint],
                Options = new TorrentOptions { MaxDownloadRate = 2 << 20 },
            });
            await we.WaitAsync(torrent, "some pieces have arrived", status => status.VerifiedPieces >= 10);
            first = await we.CloseAsync(torrent);
        }

        Assert.InRange(first.VerifiedPieces, 10, first.PieceCount - 1);
        await using var weAgain = new OurPeer(swarm.Workspace);
        TorrentStatus second = await weAgain.WaitUntilSeedingAsync(
            await weAgain.StartAsync(swarm.Torrent, swarm.DownloadFolder, seed.EndPoint));

        swarm.AssertDownloaded();
        Assert.Equal(0, second.RecheckedPieces);
        Assert.InRange(second.BytesReceived - first.BytesReceived, 1, second.TotalSize - first.CompletedSize);
        Assert.Equal(first.AddedAt, second.AddedAt);
    }

    [Fact]
    public async Task A_complete_torrent_is_restarted_without_a_recheck()
    {
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        await DownloadAsync(swarm, seed);

        await using var we = new OurPeer(swarm.Workspace);
        TorrentStatus status = await we.WaitUntilSeedingAsync(await we.StartAsync(swarm.Torrent, swarm.DownloadFolder));

        Assert.Equal(0, status.RecheckedPieces);
        Assert.Equal(status.PieceCount, status.VerifiedPieces);
    }

    [Fact]
    public async Task A_byte_changed_on_disk_is_found_by_a_recheck_and_its_piece_is_fetched_again()
    {
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.DownloadFolder, seed.EndPoint);
        TorrentStatus complete = await we.WaitUntilSeedingAsync(torrent);
        ChangeByte(swarm);

        TorrentChecked rechecked = await we.RecheckAsync(torrent);
        TorrentStatus again = await we.WaitUntilSeedingAsync(torrent);

        Assert.Single(rechecked.BadPieces);
        Assert.Equal(complete.PieceCount, rechecked.Status.RecheckedPieces);
        swarm.AssertDownloaded();
        Assert.Equal(Payload.PieceLength, again.BytesReceived - complete.BytesReceived);
    }

    [Fact]
    public async Task A_byte_changed_between_runs_is_found_at_the_start_and_its_piece_is_fetched_again()
    {
        await using TestSwarm swarm = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(swarm);
        TorrentStatus complete = await DownloadAsync(swarm, seed);
        ChangeByte(swarm);

        await using var we = new OurPeer(swarm.Workspace);
        TorrentStatus again = await we.WaitUntilSeedingAsync(
            await we.StartAsync(swarm.Torrent, swarm.DownloadFolder, seed.EndPoint));

        Assert.Equal(complete.PieceCount, again.RecheckedPieces);
        swarm.AssertDownloaded();
        Assert.Equal(Payload.PieceLength, again.BytesReceived - complete.BytesReceived);
    }

    private static Task<TestSwarm> MakeAsync() =>
        TestSwarm.MakeAsync(TorrentTool.Libtorrent, PeerDiscovery.DirectPeer, below => Payload.WriteFile(below, Size));

    private static async Task<ForeignPeer> SeedAsync(TestSwarm swarm)
    {
        ForeignPeer seed = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await seed.WaitUntilSeedingAsync();
        return seed;
    }

    private static async Task<TorrentStatus> DownloadAsync(TestSwarm swarm, ForeignPeer seed)
    {
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.DownloadFolder, seed.EndPoint);
        await we.WaitUntilSeedingAsync(torrent);
        return await we.CloseAsync(torrent);
    }

    /// <summary>Changes a byte in the middle of the only file.</summary>
    private static void ChangeByte(TestSwarm swarm)
    {
        using FileStream file = File.Open(
            Assert.Single(Directory.GetFiles(swarm.DownloadFolder)), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = Size / 2;
        int old = file.ReadByte();
        file.Position = Size / 2;
        file.WriteByte((byte)(old ^ 1));
    }
}
