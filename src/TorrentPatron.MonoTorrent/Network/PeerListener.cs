using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using MonoTorrent.Connections;
using MonoTorrent.Connections.Peer;
using TorrentPatron.Engine.Diagnostics;

namespace TorrentPatron.MonoTorrent.Network;

#pragma warning disable RS0030 // MonoTorrent requires a socket.

/// <summary>
/// Accepts connections from peers. It holds its port from beginning to end, whereas MonoTorrent's own listener would open it with
/// the first running torrent and close it with the last; and it accepts a limited number.
/// </summary>
internal sealed class PeerListener : IPeerConnectionListener, IDisposable
{
    /// <summary>Connections without a handshake that are allowed in addition to the peers.</summary>
    private const int MostStrangers = 200;

    private readonly Socket _socket;
    private readonly ConnectionLimits _limits;
    private readonly int _most;
    private readonly ConcurrentDictionary<Uri, LimitedConnection> _open = new();

    /// <summary>Opens the port.</summary>
    /// <param name="endPoint">The address and port; port 0 means any free one.</param>
    /// <param name="mostPeers">The most peers.</param>
    /// <param name="limits">The limits of a connection until its torrent is known.</param>
    /// <exception cref="SocketException">The address or port is not available.</exception>
    public PeerListener(IPEndPoint endPoint, int mostPeers, ConnectionLimits limits)
    {
        _limits = limits;
        _most = mostPeers + MostStrangers;
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Each family has a separate listener: a dual-mode socket would take the IPv4 port of another program.
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

    /// <summary>The address and port it listens on.</summary>
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

    /// <summary>Finds an open incoming connection.</summary>
    /// <param name="uri">Its address in MonoTorrent's form.</param>
    public LimitedConnection? Find(Uri uri) => _open.GetValueOrDefault(uri);

    /// <summary>Releases the port.</summary>
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
                // The peer disconnected before the socket could be examined.
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
#pragma warning disable CA1031 // The root of a loop: any exception affects one connection only.
            catch (Exception e)
#pragma warning restore CA1031
            {
                accepted?.Dispose();
                if (e is not SocketException)
                    EngineEvents.Log.FaultCaught(null, "accepting peers", e);
                // Perhaps out of file descriptors: wait until some are closed.
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
