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
        await using Meeting meeting = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(meeting);
        TorrentStatus first;
        await using (var we = new OurPeer(meeting.Workspace))
        {
            TorrentId torrent = await we.StartAsync(meeting.Torrent, new StartRequest
            {
                Destination = meeting.DownloadFolder,
                Peers = [seed.EndPoint],
                Options = new TorrentOptions { MaxDownloadRate = 2 << 20 },
            });
            await we.WaitAsync(torrent, "a part is here", status => status.VerifiedPieces >= 10);
            first = await we.CloseAsync(torrent);
        }

        Assert.InRange(first.VerifiedPieces, 10, first.PieceCount - 1);
        await using var weAgain = new OurPeer(meeting.Workspace);
        TorrentStatus second = await weAgain.WaitUntilSeedingAsync(
            await weAgain.StartAsync(meeting.Torrent, meeting.DownloadFolder, seed.EndPoint));

        meeting.AssertDownloaded();
        Assert.Equal(0, second.RecheckedPieces);
        Assert.InRange(second.BytesReceived - first.BytesReceived, 1, second.TotalSize - first.CompletedSize);
        Assert.Equal(first.AddedAt, second.AddedAt);
    }

    [Fact]
    public async Task A_complete_torrent_is_restarted_without_a_recheck()
    {
        await using Meeting meeting = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(meeting);
        await DownloadAsync(meeting, seed);

        await using var we = new OurPeer(meeting.Workspace);
        TorrentStatus status = await we.WaitUntilSeedingAsync(await we.StartAsync(meeting.Torrent, meeting.DownloadFolder));

        Assert.Equal(0, status.RecheckedPieces);
        Assert.Equal(status.PieceCount, status.VerifiedPieces);
    }

    [Fact]
    public async Task A_byte_changed_on_disk_is_found_by_a_recheck_and_its_piece_is_fetched_again()
    {
        await using Meeting meeting = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(meeting);
        await using var we = new OurPeer(meeting.Workspace);
        TorrentId torrent = await we.StartAsync(meeting.Torrent, meeting.DownloadFolder, seed.EndPoint);
        TorrentStatus complete = await we.WaitUntilSeedingAsync(torrent);
        ChangeByte(meeting);

        TorrentChecked rechecked = await we.RecheckAsync(torrent);
        TorrentStatus again = await we.WaitUntilSeedingAsync(torrent);

        Assert.Single(rechecked.BadPieces);
        Assert.Equal(complete.PieceCount, rechecked.Status.RecheckedPieces);
        meeting.AssertDownloaded();
        Assert.Equal(Payload.PieceLength, again.BytesReceived - complete.BytesReceived);
    }

    [Fact]
    public async Task A_byte_changed_between_runs_is_found_at_the_start_and_its_piece_is_fetched_again()
    {
        await using Meeting meeting = await MakeAsync();
        await using ForeignPeer seed = await SeedAsync(meeting);
        TorrentStatus complete = await DownloadAsync(meeting, seed);
        ChangeByte(meeting);

        await using var we = new OurPeer(meeting.Workspace);
        TorrentStatus again = await we.WaitUntilSeedingAsync(
            await we.StartAsync(meeting.Torrent, meeting.DownloadFolder, seed.EndPoint));

        Assert.Equal(complete.PieceCount, again.RecheckedPieces);
        meeting.AssertDownloaded();
        Assert.Equal(Payload.PieceLength, again.BytesReceived - complete.BytesReceived);
    }

    private static Task<Meeting> MakeAsync() =>
        Meeting.MakeAsync(TorrentTool.Libtorrent, Road.DirectPeer, below => Payload.WriteFile(below, Size));

    private static async Task<ForeignPeer> SeedAsync(Meeting meeting)
    {
        ForeignPeer seed = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, meeting.Torrent, meeting.SeedFolder, meeting.Workspace);
        await seed.WaitUntilSeedingAsync();
        return seed;
    }

    private static async Task<TorrentStatus> DownloadAsync(Meeting meeting, ForeignPeer seed)
    {
        await using var we = new OurPeer(meeting.Workspace);
        TorrentId torrent = await we.StartAsync(meeting.Torrent, meeting.DownloadFolder, seed.EndPoint);
        await we.WaitUntilSeedingAsync(torrent);
        return await we.CloseAsync(torrent);
    }

    /// <summary>Changes a byte in the middle of the only file.</summary>
    private static void ChangeByte(Meeting meeting)
    {
        using FileStream file = File.Open(
            Assert.Single(Directory.GetFiles(meeting.DownloadFolder)), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = Size / 2;
        int old = file.ReadByte();
        file.Position = Size / 2;
        file.WriteByte((byte)(old ^ 1));
    }
}
