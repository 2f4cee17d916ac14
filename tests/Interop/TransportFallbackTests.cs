using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol;

namespace TorrentPatron.Interop.Tests;

/// <summary>
/// Peers at internet addresses in a separate network, where both sides try uTP first: if one side does not accept a protocol, the other
/// falls back.
/// </summary>
public sealed class TransportFallbackTests
{
    private static readonly IPEndPoint Theirs = new(IPAddress.Parse("81.2.69.1"), 6881);
    private static readonly IPAddress Ours = IPAddress.Parse("81.2.69.2");

    private const string Build =
        """
        ip link set lo up && ip address add 81.2.69.1/24 dev lo && ip address add 81.2.69.2/24 dev lo || exit 77
        exec "$@"
        """;

    [Fact]
    public Task A_libtorrent_with_TCP_only_is_reached_although_uTP_is_tried_first() => OwnNetwork.RunAsync(() => DownloadAsync([], PeerTransport.Tcp), Build);

    [Fact]
    public Task A_libtorrent_with_uTP_only_is_reached() => OwnNetwork.RunAsync(() => DownloadAsync(["--utp"], PeerTransport.Utp), Build);

    [Fact]
    public Task A_libtorrent_with_both_protocols_is_reached_by_uTP() => OwnNetwork.RunAsync(() => DownloadAsync(["--mixed"], PeerTransport.Utp), Build);

    [Fact]
    public Task A_libtorrent_reaches_us_if_we_accept_TCP_only() => OwnNetwork.RunAsync(() => UploadAsync(TransportPolicy.Tcp, PeerTransport.Tcp), Build);

    [Fact]
    public Task A_libtorrent_reaches_us_by_uTP_if_we_accept_both_protocols() => OwnNetwork.RunAsync(() => UploadAsync(TransportPolicy.Any, PeerTransport.Utp), Build);

    private static async Task DownloadAsync(string[] options, PeerTransport expected)
    {
        await using Meeting meeting = await MeetAsync();
        await using ToolProcess seed = Libtorrent(options, meeting.Torrent, meeting.SeedFolder);
        await Patience.UntilAsync(_ => Task.FromResult(seed.Said("seeding")), "libtorrent seeds", seed.Tell);
        await using var we = new OurPeer(meeting.Workspace, Ours);
        TorrentId torrent = await we.StartAsync(meeting.Torrent, meeting.DownloadFolder, Theirs);
        PeerTransport? seen = null;
        await Patience.UntilAsync(_ => Task.FromResult((seen = we.PeersOf(torrent) is [var peer, ..] ? peer.Transport : null) is not null), "we are connected", seed.Tell);

        Assert.Equal(expected, seen);
    }

    private static async Task UploadAsync(TransportPolicy policy, PeerTransport expected)
    {
        await using Meeting meeting = await MeetAsync();
        await using var we = new OurPeer(meeting.Workspace, Ours, transport: policy);
        TorrentId torrent = await we.StartAsync(meeting.Torrent, meeting.SeedFolder);
        await we.WaitUntilSeedingAsync(torrent);
        await using ToolProcess leech = Libtorrent(["--mixed"], meeting.Torrent, meeting.DownloadFolder, we.EndPoint);
        PeerTransport? seen = null;
        await Patience.UntilAsync(_ => Task.FromResult((seen = we.PeersOf(torrent) is [var peer, ..] ? peer.Transport : null) is not null), "it is connected", leech.Tell);

        Assert.Equal(expected, seen);
    }

    /// <summary>Large enough for the test to see the peers before they complete: libtorrent reports them slowly.</summary>
    private static Task<Meeting> MeetAsync() => Meeting.MakeAsync(TorrentTool.Ours, Road.DirectPeer, below =>
    {
        byte[] bytes = new byte[4_000_000];
        new Random(1).NextBytes(bytes);
        string path = Path.Combine(below, "data.bin");
        File.WriteAllBytes(path, bytes);
        return path;
    });

    private static ToolProcess Libtorrent(string[] options, string torrent, string folder, params IPEndPoint[] peers) => ToolProcess.Start(
        Tool.RequireLibtorrent(),
        [
            Tool.Script("libtorrent_peer.py"), .. options, "--upload-limit", "200000", "--download-limit", "200000", torrent, folder, Theirs.ToString(),
            .. peers.Select(peer => peer.ToString()),
        ]);
}
