using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using MonoTorrent.Connections;
using MonoTorrent.Connections.Peer;
using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.MonoTorrent.Network;

#pragma warning disable RS0030 // MonoTorrent asks for a socket.

/// <summary>
/// Takes the connections that peers make. It holds its port from the beginning to the end, where MonoTorrent's own would open it with
/// the first torrent that runs and close it with the last; and it takes a bounded number.
/// </summary>
internal sealed class PeerListener : IPeerConnectionListener, IDisposable
{
    /// <summary>Connections beyond the peers that there may be, which have not shaken hands.</summary>
    private const int MostStrangers = 200;

    private readonly Socket _socket;
    private readonly ConnectionLimits _limits;
    private readonly int _most;
    private readonly ConcurrentDictionary<Uri, LimitedConnection> _open = new();

    /// <summary>Opens the port.</summary>
    /// <param name="endPoint">Where; port 0: any free one.</param>
    /// <param name="mostPeers">Peers that there may be.</param>
    /// <param name="limits">What bounds a connection while it is not known which torrent it is about.</param>
    /// <exception cref="SocketException">It cannot be had.</exception>
    public PeerListener(IPEndPoint endPoint, int mostPeers, ConnectionLimits limits)
    {
        _limits = limits;
        _most = mostPeers + MostStrangers;
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Each family has a listener of its own: a dual-mode socket would take the IPv4 port of another program.
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
                _socket.DualMode = false;
            _socket.Bind(endPoint);
            _socket.Listen(128);
            EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        _ = AcceptAsync();
    }

    /// <inheritdoc/>
    public event EventHandler<PeerConnectionEventArgs>? ConnectionReceived;

    /// <inheritdoc/>
    public event EventHandler<EventArgs>? StatusChanged;

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <inheritdoc/>
    public IPEndPoint? LocalEndPoint => EndPoint;

    /// <inheritdoc/>
    public IPEndPoint PreferredLocalEndPoint => EndPoint;

    /// <inheritdoc/>
    public ListenerStatus Status { get; private set; } = ListenerStatus.NotListening;

    /// <inheritdoc/>
    public void Start() => Become(ListenerStatus.Listening);

    /// <inheritdoc/>
    public void Stop() => Become(ListenerStatus.NotListening);

    /// <summary>Finds an open connection that a peer has made.</summary>
    /// <param name="uri">Its address, as MonoTorrent has it.</param>
    public LimitedConnection? Find(Uri uri) => _open.GetValueOrDefault(uri);

    /// <summary>Gives the port back.</summary>
    public void Dispose() => _socket.Dispose();

    private void Become(ListenerStatus status)
    {
        Status = status;
        StatusChanged?.Invoke(this, EventArgs.Empty);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket? accepted = null;
            try
            {
                accepted = await _socket.AcceptAsync().ConfigureAwait(false);
                accepted.NoDelay = true;
                Welcome(accepted);
            }
            catch (Exception e) when (e is SocketException && accepted is not null)
            {
                // The peer has gone before we could look at it.
                accepted.Dispose();
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted or SocketError.NotSocket)
            {
                return;
            }
#pragma warning disable CA1031 // The root of a loop: whatever it is costs no more than one connection.
            catch (Exception e)
#pragma warning restore CA1031
            {
                accepted?.Dispose();
                if (e is not SocketException)
                    EngineEvents.Log.FaultCaught(null, "accepting peers", e);
                // Out of file descriptors, perhaps: wait for some to be closed.
                await Task.Delay(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
            }
        }
    }

    private void Welcome(Socket socket)
    {
        if (Status != ListenerStatus.Listening || _open.Count >= _most || ConnectionReceived is not { } received)
        {
            socket.Dispose();
            return;
        }

        var connection = new LimitedConnection(
            new SocketPeerConnection(socket, isIncoming: true), _limits, ended => _open.TryRemove(KeyValuePair.Create(ended.Uri, ended)));
        _open[connection.Uri] = connection;
        received(this, new PeerConnectionEventArgs(connection, null));
    }
}
