using System.Text;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Interop.Tests;

/// <summary>Executables, times and symbolic links (BEP 47), exchanged with libtorrent.</summary>
public sealed class FileAttributeTests
{
    private static readonly (string Link, string Text)[] Links =
        [("program/lib/lib.so", "lib.so.1"), ("program/lib/lib.so.1", "lib.so.1.2"), ("program/alias", "run.sh"), ("program/libraries", "lib"), ("program/doc/license", "../LICENSE")];

    public static TheoryData<MetainfoVersion> Versions => [MetainfoVersion.V1, MetainfoVersion.V2, MetainfoVersion.Hybrid];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task We_download_what_libtorrent_made_with_links_and_executables(MetainfoVersion version)
    {
        await using TestSwarm swarm = await CreateSwarmAsync(
            (content, torrent) => TorrentTools.MakeByLibtorrentAsync(version, content, torrent, "--links", "--times"));
        await using ForeignPeer seed = await ForeignPeer.StartAsync(PeerKind.Libtorrent, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await seed.WaitUntilSeedingAsync();

        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.DownloadFolder, seed.EndPoint);
        await we.WaitUntilSeedingAsync(torrent);

        AssertSame(swarm, hasTimes: true);
        Assert.Empty((await we.RecheckAsync(torrent)).BadPieces);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Libtorrent_downloads_what_we_made_with_links_and_executables(MetainfoVersion version)
    {
        await using TestSwarm swarm = await CreateSwarmAsync((content, torrent) => MakeAsync(content, torrent, version, keepLinks: true));
        await using var we = new OurPeer(swarm.Workspace);
        TorrentId torrent = await we.StartAsync(swarm.Torrent, swarm.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);
        Assert.Empty(we.Status(torrent).Warnings);

        await using ForeignPeer peer = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.DownloadFolder, swarm.Workspace, peers: [we.EndPoint]);
        await peer.WaitUntilSeedingAsync();

        // libtorrent does not set file times.
        AssertSame(swarm, hasTimes: false);
    }

    [Theory]
    [InlineData(MetainfoVersion.V2)]
    [InlineData(MetainfoVersion.Hybrid)]
    public async Task Our_torrent_of_executables_and_times_has_the_info_that_libtorrent_makes(MetainfoVersion version)
    {
        await using TestSwarm swarm = await CreateSwarmAsync(
            (content, torrent) =>
            {
                foreach ((string link, _) in Links)
                    File.Delete(Path.Combine(content, "..", link));
                return TorrentTools.MakeByLibtorrentAsync(version, content, torrent, "--times");
            });
        string ours = swarm.Workspace.File("ours.torrent");
        await MakeAsync(swarm.Content, ours, version, keepLinks: false);

        Assert.Equal(
            Encoding.Latin1.GetString(OurPeer.Read(swarm.Torrent).RawInfo.Span), Encoding.Latin1.GetString(OurPeer.Read(ours).RawInfo.Span));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task The_links_that_we_write_are_those_that_libtorrent_writes(MetainfoVersion version)
    {
        await using TestSwarm swarm = await CreateSwarmAsync((content, torrent) => TorrentTools.MakeByLibtorrentAsync(version, content, torrent, "--links"));
        string ours = swarm.Workspace.File("ours.torrent");
        await MakeAsync(swarm.Content, ours, version, keepLinks: true);

        Assert.Equal(LinksOf(swarm.Torrent), LinksOf(ours));
        Assert.Equal(Links.Length, LinksOf(ours).Length);
    }

    private static string[] LinksOf(string torrent) =>
        [.. OurPeer.Read(torrent).Files.Where(file => file.IsLink).Select(file => $"{file.Path} -> {file.LinkTarget}").Order(StringComparer.Ordinal)];

    private static async Task MakeAsync(string content, string torrent, MetainfoVersion version, bool keepLinks) => await File.WriteAllBytesAsync(
        torrent,
        await TorrentMaker.MakeAsync(
            content,
            new TorrentMakerOptions { Version = version, PieceLength = Payload.PieceLength, KeepLinks = keepLinks, KeepLastWriteTimes = true },
            progress: null, TestContext.Current.CancellationToken),
        TestContext.Current.CancellationToken);

    private static Task<TestSwarm> CreateSwarmAsync(Func<string, string, Task> make)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows may not let this user create links.");
        Tool.RequireLibtorrent();
        return TestSwarm.MakeAsync(make, Write);
    }

    private static string Write(string below)
    {
        string top = Path.Combine(below, "program");
        foreach ((string name, int length) in (ReadOnlySpan<(string, int)>)[("LICENSE", 1000), ("doc/read.me", 70_000), ("lib/lib.so.1.2", 300_000), ("run.sh", 100_000)])
        {
            string path = Path.Combine(top, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            byte[] bytes = new byte[length];
            new Random(length).NextBytes(bytes);
            File.WriteAllBytes(path, bytes);
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddSeconds(1_500_000_000 + length));
        }

        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path.Combine(top, "run.sh"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach ((string link, string text) in Links)
            File.CreateSymbolicLink(Path.Combine(below, link), text);
        return top;
    }

    private static void AssertSame(TestSwarm swarm, bool hasTimes)
    {
        foreach (TorrentFileEntry file in OurPeer.Read(swarm.Torrent).Files.Where(file => !file.IsPadding))
        {
            string expected = Path.Combine(swarm.SeedFolder, file.Path), actual = Path.Combine(swarm.DownloadFolder, file.Path);
            if (file.IsLink)
            {
                Assert.Equal(File.ResolveLinkTarget(expected, returnFinalTarget: false)!.FullName[swarm.SeedFolder.Length..],
                    File.ResolveLinkTarget(actual, returnFinalTarget: false)?.FullName[swarm.DownloadFolder.Length..]);
                continue;
            }

            Assert.Equal(File.ReadAllBytes(expected), File.ReadAllBytes(actual));
            Assert.Null(new FileInfo(actual).LinkTarget);
            if (!OperatingSystem.IsWindows())
                Assert.Equal(file.Path.EndsWith("run.sh", StringComparison.Ordinal), File.GetUnixFileMode(actual).HasFlag(UnixFileMode.UserExecute));
            if (hasTimes)
                Assert.Equal(File.GetLastWriteTimeUtc(expected), File.GetLastWriteTimeUtc(actual));
        }
    }
}
