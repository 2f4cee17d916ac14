using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.MonoTorrent.Network;

/// <summary>The port on which peers reach us, of both IP versions where nothing else is asked for: open as long as the client lives.</summary>
internal sealed class PeerPort : IDisposable
{
    private readonly IReadOnlyList<PeerListener> _listeners;

    /// <summary>Opens the port.</summary>
    /// <param name="settings">Which port.</param>
    /// <param name="addresses">The addresses to listen on.</param>
    /// <param name="limits">What bounds a connection while it is not known which torrent it is about.</param>
    public PeerPort(ClientSettings settings, IReadOnlyList<IPAddress> addresses, ConnectionLimits limits)
    {
        (_listeners, Warning) = PortOpener.Open(
            settings.ListenPort, addresses, endPoint => new PeerListener(endPoint, settings.MaxPeers, limits), listener => listener.EndPoint);
        Ports = new ListenPorts(EndPoints);
    }

    /// <summary>Why it does not listen as it should; null: it does, or was not asked to.</summary>
    public TorrentError? Warning { get; }

    /// <summary>Where it listens.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => [.. _listeners.Select(listener => listener.EndPoint)];

    /// <summary>The ports, by IP version.</summary>
    public ListenPorts Ports { get; }

    /// <summary>The listener of an address.</summary>
    /// <param name="endPoint">One of <see cref="EndPoints"/>.</param>
    public PeerListener ListenerOf(IPEndPoint endPoint) => _listeners.Single(listener => listener.EndPoint.Equals(endPoint));

    /// <summary>Finds an open connection that a peer has made.</summary>
    /// <param name="uri">Its address, as MonoTorrent has it.</param>
    public LimitedConnection? Find(Uri uri) => _listeners.Select(listener => listener.Find(uri)).FirstOrDefault(found => found is not null);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PeerListener listener in _listeners)
            listener.Dispose();
    }
}
