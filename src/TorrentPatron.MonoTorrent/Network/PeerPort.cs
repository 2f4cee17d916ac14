using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.MonoTorrent.Network;

/// <summary>The port on which peers reach us, of both IP versions where nothing else is asked for: open as long as the client lives.</summary>
internal sealed class PeerPort : IDisposable
{
    private readonly List<PeerListener> _listeners = [];

    /// <summary>Opens the port.</summary>
    /// <param name="settings">Which port, and on which address.</param>
    /// <param name="limits">What bounds a connection while it is not known which torrent it is about.</param>
    public PeerPort(ClientSettings settings, ConnectionLimits limits)
    {
        int port = settings.ListenPort;
        if (port < 0)
            return;
        IPAddress[] addresses = settings.BindAddress is { } bound ? [bound] : [IPAddress.Any, IPAddress.IPv6Any];
        foreach (IPAddress address in addresses)
        {
            try
            {
                var listener = new PeerListener(new IPEndPoint(address, port), settings.MaxPeers, limits);
                _listeners.Add(listener);
                // The other version listens on the same port: trackers are told of one only.
                port = listener.EndPoint.Port;
            }
            catch (SocketException e) when (address.AddressFamily == AddressFamily.InterNetwork || _listeners.Count == 0)
            {
                Warning = new TorrentError(
                    TorrentErrorId.ListenFailed, $"Port {port} cannot be listened on: {e.Message}",
                    "Choose another port; until then peers cannot connect from outside, but downloads work.");
            }
            catch (SocketException)
            {
                // No IPv6 here.
            }
        }
    }

    /// <summary>Why it does not listen as it should; null: it does, or was not asked to.</summary>
    public TorrentError? Warning { get; }

    /// <summary>Where it listens.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => [.. _listeners.Select(listener => listener.EndPoint)];

    /// <summary>The port; 0: none.</summary>
    public ushort Number => _listeners is [PeerListener first, ..] ? (ushort)first.EndPoint.Port : (ushort)0;

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
