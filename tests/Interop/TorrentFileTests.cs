using System.Text.RegularExpressions;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Interop.Tests;

/// <summary>Our reader and other readers agree about the .torrent files of every tool.</summary>
public sealed partial class TorrentFileTests
{
    public static TheoryData<TorrentTool, PeerKind, Shape> Everything => new MatrixTheoryData<TorrentTool, PeerKind, Shape>(
        Enum.GetValues<TorrentTool>(), PeerKinds.WithoutTracker, Enum.GetValues<Shape>());

    [Theory]
    [MemberData(nameof(Everything))]
    public async Task A_torrent_has_the_same_info_hash_for_us_as_for_another_reader(TorrentTool maker, PeerKind reader, Shape shape)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(maker, PeerDiscovery.DirectPeer, below => Payload.Write(shape, below));

        string output = reader switch
        {
            PeerKind.Transmission => await ToolProcess.RunAsync(Tool.Require("transmission-show"), swarm.Torrent),
            PeerKind.Aria2 => await ToolProcess.RunAsync(Tool.Require("aria2c"), "--no-conf", "--show-files", swarm.Torrent),
            _ => await ToolProcess.RunAsync(Tool.RequireLibtorrent(), Tool.Script("libtorrent_show.py"), swarm.Torrent),
        };

        Assert.Equal(Hash().Match(output).Groups[1].Value, OurPeer.Read(swarm.Torrent).InfoHash.ToString());
    }

    [Theory]
    [InlineData(TorrentTool.Mktorrent)]
    [InlineData(TorrentTool.Transmission)]
    [InlineData(TorrentTool.Libtorrent)]
    public async Task Our_torrent_of_a_folder_has_the_same_content_as_other_tools_torrents(TorrentTool maker)
    {
        await using TestSwarm swarm = await TestSwarm.MakeAsync(maker, PeerDiscovery.DirectPeer, below => Payload.Write(Shape.Folder, below));
        string ourTorrent = swarm.Workspace.File("ours.torrent");
        await TorrentTools.MakeAsync(TorrentTool.Ours, swarm.Content, ourTorrent);
        TorrentMetainfo theirs = OurPeer.Read(swarm.Torrent), ours = OurPeer.Read(ourTorrent);

        Assert.Equal(theirs.TotalSize, ours.TotalSize);
        Assert.Equal(theirs.PieceCount, ours.PieceCount);
        Assert.Equal(Files(theirs), Files(ours));

        // Transmission leaves out empty files, and each tool has its own order.
        static IEnumerable<(string Path, long Length)> Files(TorrentMetainfo torrent) => torrent.Files
            .Where(file => file.Length > 0).Select(file => (file.Path, file.Length)).Order();
    }

    [GeneratedRegex(@"^\s*(?:(?:Info )?Hash:\s*)?([0-9a-f]{40})\s*$", RegexOptions.Multiline)]
    private static partial Regex Hash();
}
