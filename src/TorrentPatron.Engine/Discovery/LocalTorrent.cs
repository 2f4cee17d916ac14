using System.Net;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Discovery;

/// <summary>A torrent that is announced in the local network. Disposing it ends this.</summary>
internal sealed class LocalTorrent : IDisposable
{
    private readonly LocalDiscovery _discovery;

    internal LocalTorrent(LocalDiscovery discovery, InfoHash torrent, Action<IReadOnlyList<IPEndPoint>> onPeers)
    {
        _discovery = discovery;
        InfoHash = torrent;
        OnPeers = onPeers;
    }

    /// <summary>The torrent.</summary>
    public InfoHash InfoHash { get; }

    internal Action<IReadOnlyList<IPEndPoint>> OnPeers { get; }

    /// <summary>When the next announce is due. Guarded by the discovery's lock.</summary>
    internal TimeSpan Due { get; set; }

    /// <inheritdoc/>
    public void Dispose() => _discovery.Remove(this);
}
