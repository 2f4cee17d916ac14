using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.MonoTorrent.Network;

/// <summary>
/// The port for incoming peers, in both IP versions unless configured otherwise, open for the client's lifetime.
/// </summary>
internal sealed class PeerPort : IDisposable
{
    private readonly IReadOnlyList<PeerListener> _listeners;

    /// <summary>Opens the port.</summary>
    /// <param name="settings">The settings with the port.</param>
    /// <param name="addresses">The addresses to listen on.</param>
    /// <param name="limits">The limits of a connection until its torrent is known.</param>
    public PeerPort(ClientSettings settings, IReadOnlyList<IPAddress> addresses, ConnectionLimits limits)
    {
        (_listeners, Warning) = PortOpener.Open(
            settings.ListenPort, addresses, endPoint => new PeerListener(endPoint, settings.MaxPeers, limits), listener => listener.EndPoint);
        Ports = new ListenPorts(EndPoints);
    }

    /// <summary>Why it does not listen as configured; null if it does, or was not asked to.</summary>
    public TorrentError? Warning { get; }

    /// <summary>The addresses it listens on.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => [.. _listeners.Select(listener => listener.EndPoint)];

    /// <summary>The ports, by IP version.</summary>
    public ListenPorts Ports { get; }

    /// <summary>The listener on an address.</summary>
    /// <param name="endPoint">One of <see cref="EndPoints"/>.</param>
    public PeerListener ListenerOf(IPEndPoint endPoint) => _listeners.Single(listener => listener.EndPoint.Equals(endPoint));

    /// <summary>Finds an open incoming connection.</summary>
    /// <param name="uri">Its address in MonoTorrent's form.</param>
    public LimitedConnection? Find(Uri uri) => _listeners.Select(listener => listener.Find(uri)).FirstOrDefault(found => found is not null);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PeerListener listener in _listeners)
            listener.Dispose();
    }
}
