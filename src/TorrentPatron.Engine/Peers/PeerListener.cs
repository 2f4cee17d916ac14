using System.Collections.ObjectModel;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Encryption;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>Accepts connections from peers, on one port for both IP versions, and shakes hands with them.</summary>
/// <param name="engine">The engine's shared resources.</param>
/// <param name="isKnown">Returns the running torrent with a hash; null if there is none.</param>
/// <param name="find">Returns the torrent that an encrypted handshake names; null if it is not running here.</param>
/// <param name="welcome">Takes a connection after its handshake.</param>
internal sealed class PeerListener(EngineResources engine, Func<InfoHash, TorrentId?> isKnown, Func<ObfuscatedInfoHash, InfoHash?> find, Action<IConnection, Handshake> welcome)
    : IAsyncDisposable
{
    /// <summary>How long to wait when the system cannot accept a connection.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile ListeningPort _port = new();
    private int _number;
    private bool _isClosed;
    private readonly PendingHandshakes _pending = new(engine.Bounds.Accepted);
    private readonly PeerHandshaker _handshaker = new(engine);

    /// <summary>The addresses it listens on.</summary>
    public ReadOnlyCollection<IPEndPoint> EndPoints => _port.EndPoints;

    /// <summary>Why it does not listen as configured; null if it does, or was not asked to.</summary>
    public TorrentError? Warning { get; private set; }

    /// <summary>Starts listening according to the engine's settings.</summary>
    public void Open()
    {
        (ListeningPort port, TorrentError? warning) = Listen(engine.Settings.ListenPort);
        Use(port, warning);
    }

    /// <summary>
    /// Switches to another port. If it is not available in either IP version, it keeps listening on the old one.
    /// </summary>
    /// <param name="port">The port; 0 means any free one; -1 means not to listen.</param>
    /// <returns>Why the port is not available, or null.</returns>
    public async Task<TorrentError?> ReopenAsync(int port)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isClosed || (port > 0 && EndPoints.Count > 0 && EndPoints.All(endPoint => endPoint.Port == port)))
                return null;
            (ListeningPort next, TorrentError? warning) = Listen(port);
            ListeningPort old = warning is null ? _port : next;
            if (warning is null)
                Use(next, warning);
            await old.DisposeAsync().ConfigureAwait(false);
            return warning;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>
    /// Listens on the network's current addresses, none while it is down, and closes connections without a handshake. If any port
    /// will do, the previous one is tried first, because others know it.
    /// </summary>
    public async Task RebindAsync()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isClosed)
                return;
            await _port.DisposeAsync().ConfigureAwait(false);
            int wanted = engine.Settings.ListenPort;
            (ListeningPort port, TorrentError? warning) = Listen(wanted == 0 ? _number : wanted);
            if (wanted == 0 && warning is not null)
            {
                await port.DisposeAsync().ConfigureAwait(false);
                (port, warning) = Listen(wanted);
            }

            Use(port, warning);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Stops listening, and closes connections without a handshake.</summary>
    public async ValueTask DisposeAsync()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isClosed)
                return;
            _isClosed = true;
            engine.Utp.Accepted = null;
            await _stop.CancelAsync().ConfigureAwait(false);
            await _port.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    private void Use(ListeningPort port, TorrentError? warning)
    {
        (_port, Warning) = (port, warning);
        _number = EndPoints is [{ Port: var number }, ..] ? number : _number;
        engine.ListenPorts = new ListenPorts(EndPoints);
        engine.Utp.Accepted = EndPoints.Count > 0 ? connection => Take(connection, _stop.Token) : null;
    }

    private (ListeningPort Port, TorrentError? Warning) Listen(int port)
    {
        var opened = new ListeningPort();
        (IReadOnlyList<IListener> listeners, TorrentError? warning) =
            PortOpener.Open(MayListen ? port : -1, engine.Network.LocalAddresses, engine.Network.Listen, listener => listener.LocalEndPoint);
        foreach (IListener listener in listeners)
            opened.Add(listener, AcceptAsync);
        return (opened, warning);
    }

    /// <summary>False with a proxy for peers: an incoming connection would reveal the address that the proxy hides.</summary>
    private bool MayListen => engine.Settings.Proxy?.IsFor(ProxyUses.Peers) != true;

    private async Task AcceptAsync(IListener listener, CancellationToken stop)
    {
        for (int count = 1; !stop.IsCancellationRequested; count++)
        {
            try
            {
                IConnection connection = await listener.AcceptAsync(stop).ConfigureAwait(false);
                Take(connection, stop);
                if (count % Fairness.MostInARow == 0)
                    await Task.Yield();
            }
            catch (OperationCanceledException)
            {
                return;
            }
#pragma warning disable CA1031 // The root of a loop: any exception affects one connection only.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (e is not IOException)
                    engine.Faults.Record("accepting peers", e);
                // Perhaps out of file descriptors: wait until some are closed. If disposed, this ends at once.
                await Task.Delay(Rest, engine.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>
    /// Takes a connection, unless the settings refuse its kind. The port stays open, because others know us by it.
    /// </summary>
    private void Take(IConnection connection, CancellationToken stop)
    {
        TransportPolicy policy = engine.Settings.Transport;
        if (policy != TransportPolicy.Any && policy != (connection.Transport == PeerTransport.Utp ? TransportPolicy.Utp : TransportPolicy.Tcp))
        {
            connection.Dispose();
            return;
        }

        _pending.Add(connection);
        _ = ShakeHandsAsync(connection, stop);
    }

    private async Task ShakeHandsAsync(IConnection connection, CancellationToken stop)
    {
        try
        {
            (IConnection stream, Handshake handshake) = await _handshaker.AnswerAsync(connection, isKnown, find, stop).ConfigureAwait(false);
            _pending.Remove(connection);
            engine.NoteIncoming(connection.RemoteEndPoint.Address);
            welcome(stream, handshake);
        }
#pragma warning disable CA1031 // The root of a handshake: any exception ends this connection only.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (e is not (IOException or OperationCanceledException or ObjectDisposedException))
                engine.Faults.Record("handshake with a peer", e);
            connection.Dispose();
        }
        finally
        {
            _pending.Remove(connection);
        }
    }
}
