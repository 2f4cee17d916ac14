using System.Net;
using TorrentPatron.Interop.Tests.Tools;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>WebTorrent under node, with libutp for uTP. It tries uTP before TCP, and accepts both.</summary>
internal sealed class WebTorrentPeer : ForeignPeer
{
    private WebTorrentPeer(ToolProcess process, IPEndPoint endPoint)
        : base(process, endPoint)
    {
    }

    /// <summary>Starts a peer; skips the test without WebTorrent.</summary>
    public static WebTorrentPeer Start(string torrent, string folder, params IPEndPoint[] peers)
    {
        string modules = Tool.RequireWebTorrent();
        var endPoint = new IPEndPoint(IPAddress.Loopback, FreePort.Next());
        ToolProcess process = ToolProcess.Start(
            Tool.Require("node"),
            [Path.Combine(AppContext.BaseDirectory, "Node", "webtorrent_peer.mjs"), modules, torrent, folder, $"{endPoint.Port}", .. peers.Select(peer => peer.ToString())]);
        return new WebTorrentPeer(process, endPoint);
    }

    protected override Task<bool> IsSeedingAsync(CancellationToken cancellationToken) => Task.FromResult(Process.Said("seeding"));
}
