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

/// <summary>Takes the connections that peers make, on one port for both IP versions, and shakes hands with them.</summary>
/// <param name="engine">What the engine shares.</param>
/// <param name="isKnown">Tells which torrent runs here by a hash; null: none.</param>
/// <param name="find">Tells which torrent an encrypted handshake names; null: none that runs here.</param>
/// <param name="welcome">Takes a connection that has shaken hands.</param>
internal sealed class PeerListener(EngineResources engine, Func<InfoHash, TorrentId?> isKnown, Func<ObfuscatedInfoHash, InfoHash?> find, Action<IConnection, Handshake> welcome)
    : IAsyncDisposable
{
    /// <summary>Waited when the system can take no connection.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile ListeningPort _port = new();
    private int _number;
    private bool _isClosed;
    private readonly Strangers _strangers = new(engine.Bounds.Accepted);
    private readonly PeerHandshaker _handshaker = new(engine);

    /// <summary>Where it listens.</summary>
    public ReadOnlyCollection<IPEndPoint> EndPoints => _port.EndPoints;

    /// <summary>Why it does not listen as it should; null: it does, or was not asked to.</summary>
    public TorrentError? Warning { get; private set; }

    /// <summary>Begins to listen as the engine's settings say.</summary>
    public void Open()
    {
        (ListeningPort port, TorrentError? warning) = Listen(engine.Settings.ListenPort);
        Use(port, warning);
    }

    /// <summary>Listens on another port from now on. Where that cannot be had, in each IP version, it goes on listening where it did.</summary>
    /// <param name="port">The port; 0: any free one; -1: do not listen.</param>
    /// <returns>Why it cannot be had, or null.</returns>
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
    /// Listens at the addresses that the network has now, none while it is down, and drops who has not shaken hands. Where any port will do,
    /// the one before is tried first: others know it.
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

    /// <summary>Listens no more, and drops who has not shaken hands.</summary>
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

    /// <summary>Not with a proxy for peers: a connection that comes in would show the address that the proxy hides.</summary>
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
#pragma warning disable CA1031 // The root of a loop: whatever it is costs no more than one connection.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (e is not IOException)
                    engine.Faults.Record("accepting peers", e);
                // Out of file descriptors, perhaps: wait for some to be closed. Or disposed: then this ends at once.
                await Task.Delay(Rest, engine.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Takes a connection, unless the settings refuse its kind. Its port stays open: others know us by it.</summary>
    private void Take(IConnection connection, CancellationToken stop)
    {
        TransportPolicy policy = engine.Settings.Transport;
        if (policy != TransportPolicy.Any && policy != (connection.Transport == PeerTransport.Utp ? TransportPolicy.Utp : TransportPolicy.Tcp))
        {
            connection.Dispose();
            return;
        }

        _strangers.Add(connection);
        _ = ShakeHandsAsync(connection, stop);
    }

    private async Task ShakeHandsAsync(IConnection connection, CancellationToken stop)
    {
        try
        {
            (IConnection stream, Handshake handshake) = await _handshaker.AnswerAsync(connection, isKnown, find, stop).ConfigureAwait(false);
            _strangers.Remove(connection);
            engine.NoteIncoming(connection.RemoteEndPoint.Address);
            welcome(stream, handshake);
        }
#pragma warning disable CA1031 // The root of a handshake: whatever it is ends this connection and nothing else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (e is not (IOException or OperationCanceledException or ObjectDisposedException))
                engine.Faults.Record("handshake with a peer", e);
            connection.Dispose();
        }
        finally
        {
            _strangers.Remove(connection);
        }
    }
}
