using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;

namespace TorrentPatron.Interop.Tests;

/// <summary>Suggested pieces (BEP 6), from us to libtorrent and vice versa.</summary>
public sealed class SuggestionTests
{
    private const int Length = 4_000_000;

    [Fact]
    public async Task We_suggest_recently_requested_pieces_to_libtorrent()
    {
        await using TestSwarm swarm = await CreateSwarmAsync();
        await using var we = new OurPeer(swarm.Workspace, suggestPieces: true);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);
        await using (ForeignPeer first = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace, peers: [we.EndPoint]))
            await first.WaitUntilSeedingAsync();

        await using ToolProcess second = Libtorrent(["--log", "SUGGEST", "--download-limit", "200000"], swarm.Torrent, swarm.Workspace["second"], we.EndPoint);
        await UntilAsync(() => second.Lines.Any(line => line.Contains("<== SUGGEST", StringComparison.Ordinal)), "it has received a suggestion", second);
        await UntilAsync(() => second.Said("seeding"), "it has everything", second);
    }

    [Fact]
    public async Task Libtorrent_suggests_recently_requested_pieces_to_us()
    {
        await using TestSwarm swarm = await CreateSwarmAsync();
        // A libtorrent seed suggests nothing, so it lacks the last piece.
        string file = Assert.Single(Directory.GetFiles(swarm.SeedFolder));
        await using (FileStream data = File.OpenWrite(file))
        {
            data.Seek(-1, SeekOrigin.End);
            data.WriteByte(0);
        }

        var at = new IPEndPoint(IPAddress.Loopback, FreePort.Next());
        await using ToolProcess giver = Libtorrent(["--log", "SUGGEST", "--suggest", "--upload-limit", "400000"], swarm.Torrent, swarm.SeedFolder, at: at);
        await UntilAsync(() => giver.Said("downloading"), "it has hashed its file", giver);
        await using var first = new OurPeer(swarm.Workspace, name: "the first's state");
        TorrentId torrent = await first.StartAsync(swarm.Torrent, swarm.DownloadFolder, at);
        await WaitForAllButOneAsync(first, torrent);
        int before = Suggestions();

        await using var second = new OurPeer(swarm.Workspace, name: "the second's state");
        await second.StartAsync(swarm.Torrent, swarm.Workspace["second"], at);
        await UntilAsync(() => Suggestions() > before, "it has sent a suggestion", giver);
        await WaitForAllButOneAsync(second, torrent);

        int Suggestions() => giver.Lines.Count(line => line.Contains("==> SUGGEST", StringComparison.Ordinal));
    }

    private static Task<TorrentStatus> WaitForAllButOneAsync(OurPeer peer, TorrentId torrent) => peer.WaitAsync(
        torrent, "all pieces but one have arrived", status => status.PieceCount > 1 && status.VerifiedPieces == status.PieceCount - 1);

    private static Task<TestSwarm> CreateSwarmAsync() => TestSwarm.MakeAsync(TorrentTool.Ours, PeerDiscovery.DirectPeer, below =>
    {
        byte[] bytes = new byte[Length];
        new Random(1).NextBytes(bytes);
        bytes[^1] = 1;
        string path = Path.Combine(below, "data.bin");
        File.WriteAllBytes(path, bytes);
        return path;
    });

    private static ToolProcess Libtorrent(string[] options, string torrent, string folder, IPEndPoint? peer = null, IPEndPoint? at = null) => ToolProcess.Start(
        Tool.RequireLibtorrent(),
        [
            Tool.Script("libtorrent_peer.py"), .. options, torrent, folder, $"{at ?? new IPEndPoint(IPAddress.Loopback, FreePort.Next())}",
            .. peer is null ? Array.Empty<string>() : [peer.ToString()],
        ]);

    private static Task UntilAsync(Func<bool> condition, string what, ToolProcess process) => Patience.UntilAsync(_ => Task.FromResult(condition()), what, process.Tell);
}
