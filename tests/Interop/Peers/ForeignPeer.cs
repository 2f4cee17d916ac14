using System.Net;
using System.Net.Sockets;
using TorrentPatron.Interop.Tests.Tools;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>
/// Another client with one torrent: it checks its folder, downloads missing data and seeds
/// the rest.
/// </summary>
internal abstract class ForeignPeer(ToolProcess process, IPEndPoint endPoint) : IAsyncDisposable
{
    /// <summary>The end point that it listens on for peers.</summary>
    public IPEndPoint EndPoint { get; } = endPoint;

    protected ToolProcess Process { get; } = process;

    /// <summary>Starts a peer.</summary>
    /// <param name="kind">The client.</param>
    /// <param name="torrent">Path of the .torrent file, or a magnet link.</param>
    /// <param name="folder">The folder in which the torrent's file or folder is, or will be.</param>
    /// <param name="workspace">A folder for the program's own files.</param>
    /// <param name="address">The loopback address it uses; null: the IPv4 one.</param>
    /// <param name="discovery">How it finds others; null: only by trackers.</param>
    /// <param name="peers">The peers to connect to; only libtorrent and rtorrent accept them.</param>
    public static async Task<ForeignPeer> StartAsync(
        PeerKind kind, string torrent, string folder, Workspace workspace, IPAddress? address = null,
        TrackerlessDiscovery? discovery = null, params IPEndPoint[] peers)
    {
        var endPoint = new IPEndPoint(address ?? IPAddress.Loopback, FreePort.Next());
        discovery ??= TrackerlessDiscovery.None;
        return kind switch
        {
            PeerKind.Transmission => await TransmissionPeer.StartAsync(torrent, folder, endPoint, workspace, discovery),
            PeerKind.Aria2 => Aria2Peer.Start(torrent, folder, endPoint, workspace, discovery),
            PeerKind.Rtorrent => RtorrentPeer.Start(torrent, folder, endPoint, workspace, discovery, peers),
            _ => LibtorrentPeer.Start(torrent, folder, endPoint, discovery, peers),
        };
    }

    /// <summary>Waits until it seeds every piece.</summary>
    /// <param name="most">The longest wait; null: the default.</param>
    public Task WaitUntilSeedingAsync(TimeSpan? most = null) => Patience.UntilAsync(
        async cancellationToken =>
        {
            Assert.False(Process.HasExited, Process.Tell());
            return await IsSeedingAsync(cancellationToken);
        },
        $"{GetType().Name} has everything", Process.Tell, most);

    /// <summary>Waits until peers can connect to it.</summary>
    public Task WaitUntilListeningAsync() => Patience.UntilAsync(
        async cancellationToken =>
        {
            try
            {
                using var probe = new TcpClient(EndPoint.AddressFamily);
                await probe.ConnectAsync(EndPoint, cancellationToken);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        },
        $"{GetType().Name} listens", Process.Tell);

    public virtual ValueTask DisposeAsync() => Process.DisposeAsync();

    protected abstract Task<bool> IsSeedingAsync(CancellationToken cancellationToken);
}
