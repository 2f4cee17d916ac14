using System.Net;
using TorrentPatron.Interop.Tests.Tools;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>libtorrent, by its Python bindings.</summary>
internal sealed class LibtorrentPeer : ForeignPeer
{
    private LibtorrentPeer(ToolProcess process, IPEndPoint endPoint)
        : base(process, endPoint)
    {
    }

    public static LibtorrentPeer Start(string torrent, string folder, IPEndPoint endPoint, IPEndPoint[] peers)
    {
        string[] arguments = [Tool.Script("libtorrent_peer.py"), torrent, folder, .. peers.Prepend(endPoint).Select(p => p.ToString())];
        return new LibtorrentPeer(ToolProcess.Start(Tool.RequireLibtorrent(), arguments), endPoint);
    }

    /// <summary>Starts a peer that finds others by the DHT alone.</summary>
    /// <param name="torrent">Path of the .torrent file.</param>
    /// <param name="folder">The folder in which the torrent's file or folder is, or will be.</param>
    /// <param name="node">The node that it begins with.</param>
    public static LibtorrentPeer StartWithDht(string torrent, string folder, IPEndPoint node)
    {
        var endPoint = new IPEndPoint(IPAddress.Loopback, FreePort.Next());
        string[] arguments = [Tool.Script("libtorrent_peer.py"), torrent, folder, endPoint.ToString(), "--dht", node.ToString()];
        return new LibtorrentPeer(ToolProcess.Start(Tool.RequireLibtorrent(), arguments), endPoint);
    }

    protected override Task<bool> IsSeedingAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Process.Said("seeding"));
}
