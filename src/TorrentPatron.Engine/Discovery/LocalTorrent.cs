using System.Net;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Discovery;

/// <summary>A torrent that is announced in the local network. Disposing it ends this.</summary>
internal sealed class LocalTorrent : DueTorrent, IDisposable
{
    private readonly LocalDiscovery _discovery;

    internal LocalTorrent(LocalDiscovery discovery, InfoHash torrent, Action<IReadOnlyList<IPEndPoint>> onPeers)
        : base(torrent)
    {
        _discovery = discovery;
        OnPeers = onPeers;
    }

    internal Action<IReadOnlyList<IPEndPoint>> OnPeers { get; }

    /// <inheritdoc/>
    public void Dispose() => _discovery.Remove(this);
}
