using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// One UDP port for the DHT, UDP trackers and uTP, so that a router needs only one mapping. The engine owns it and lends it to
/// each protocol. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="use">Its purpose.</param>
internal sealed class SharedDatagramPort(TimeProvider time, NetworkUse use = NetworkUse.Peers) : IDatagramPort, IAsyncDisposable
{
    /// <summary>
    /// The length of the longest datagram received whole, bytes: a UDP tracker's answer with more than a thousand peers.
    /// </summary>
    private const int LongestDatagram = 8 * 1024;

    /// <summary>
    /// The wait after a failed receive, times the number of consecutive failures: some systems report errors of other datagrams
    /// here.
    /// </summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private const int MostRests = 100;

    private readonly Lock _gate = new();
    private readonly List<Task> _receiving = [];
    private readonly CancellationTokenSource _stop = new();
    private volatile IDatagramHandler[] _handlers = [];
    private volatile OpenSocket[] _sockets = [];
    private volatile DatagramOutbox[] _outboxes = [];
    private INetwork? _network;
    private volatile ProxyException? _refused;
    private Func<AddressFamily, ushort> _wanted = static _ => 0;
    private long _received;
    private long _sent;

    /// <summary>Returns whether datagrams may be exchanged with an address.</summary>
    public Predicate<IPAddress> Allows { get; init; } = static _ => true;

    /// <summary>The addresses it receives on; empty before it is opened.</summary>
    public ReadOnlyCollection<IPEndPoint> EndPoints => [.. _sockets.Select(open => open.Socket.LocalEndPoint)];

    /// <summary>Bytes received.</summary>
    public long BytesReceived => Interlocked.Read(ref _received);

    /// <summary>Bytes sent.</summary>
    public long BytesSent => Interlocked.Read(ref _sent);

    /// <summary>Adds a protocol. Protocols see each datagram in the order they were added.</summary>
    public void Attach(IDatagramHandler handler) => _handlers = [.. _handlers, handler];

    /// <summary>
    /// Opens the port in each of the network's IP versions, and starts receiving. Called once, before the port is lent.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="wanted">
    /// Returns the wanted number for an IP version; 0 means any free one. If another program has it, any other will do: remote
    /// sides know us by the port that we send from.
    /// </param>
    public void Open(INetwork network, Func<AddressFamily, ushort> wanted)
    {
        (_network, _wanted) = (network, wanted);
        foreach (IPAddress address in network.LocalAddresses)
            Open(address);
    }

    /// <summary>Closes sockets at addresses that the network no longer has, and opens the port at its current ones.</summary>
    public void Reopen()
    {
        if (_network?.LocalAddresses is not { } addresses)
            return;
        lock (_gate)
        {
            foreach (OpenSocket open in _sockets)
                open.Socket.Dispose();
            (_sockets, _outboxes) = ([], []);
            _receiving.RemoveAll(ended => ended.IsCompleted);
        }

        foreach (IPAddress address in addresses)
            Open(address);
    }

    /// <summary>Opens the port only when something is sent.</summary>
    /// <param name="network">The network.</param>
    public void OpenLater(INetwork network) => _network = network;

    /// <inheritdoc/>
    public bool Has(AddressFamily family) => Find(family) is not null;

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> datagram, IPEndPoint remote)
    {
        if (Allows(remote.Address))
            FindOrOpen(remote.AddressFamily)?.Outbox.TrySend(datagram, remote);
    }

    /// <inheritdoc/>
    public bool TrySend(ReadOnlySpan<byte> datagram, IPEndPoint remote, bool isWhole = false) =>
        datagram.Length > DatagramOutbox.LongestDatagram || !Allows(remote.Address) || FindOrOpen(remote.AddressFamily) is not { } open
        || open.Outbox.TrySend(datagram, remote, canWait: true, isWhole);

    /// <inheritdoc/>
    public bool HasRoom(AddressFamily family) => Find(family)?.Outbox.HasRoom() ?? true;

    /// <inheritdoc/>
    public DatagramGathering Gather() => new(_outboxes);

    /// <inheritdoc/>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken)
    {
        if (!Allows(remote.Address))
            throw new IOException($"The IP filter does not allow {remote.Address}.", new SocketException((int)SocketError.AccessDenied));
        OpenSocket open = FindOrOpen(remote.AddressFamily)
            ?? throw (_refused is { } refused
                ? new ProxyException(refused.Error, refused.IsOfProxy, refused)
                : new IOException("There is no UDP port of this IP version.", new SocketException((int)SocketError.NetworkUnreachable)));
        await open.Socket.SendAsync(datagram, remote, cancellationToken).ConfigureAwait(false);
        Interlocked.Add(ref _sent, datagram.Length);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _network = null;
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (OpenSocket open in _sockets)
            open.Socket.Dispose();
        await Task.WhenAll(_receiving).ConfigureAwait(false);
        _stop.Dispose();
    }

    private OpenSocket? Find(AddressFamily family)
    {
        foreach (OpenSocket open in _sockets)
        {
            if (open.Socket.LocalEndPoint.AddressFamily == family)
                return open;
        }

        return null;
    }

    // A bind address may have appeared only now: for example that of a VPN which came up after the engine.
    private OpenSocket? FindOrOpen(AddressFamily family) => Find(family) ?? OpenAnew(family);

    // A separate method, because the closure would otherwise be allocated for each datagram.
    private OpenSocket? OpenAnew(AddressFamily family) =>
        _network?.LocalAddresses.FirstOrDefault(address => address.AddressFamily == family) is { } local ? Open(local) : null;

    /// <summary>Opens the port at an address, unless it is already open in that IP version.</summary>
    /// <returns>The socket; null if it is not available now.</returns>
    private OpenSocket? Open(IPAddress address)
    {
        lock (_gate)
        {
            if (Find(address.AddressFamily) is { } open)
                return open;
            int number = _wanted(address.AddressFamily) is > 0 and ushort given ? given : _sockets is [{ } other, ..] ? other.Socket.LocalEndPoint.Port : 0;
            if ((TryOpen(number) ?? (number == 0 ? null : TryOpen(0))) is not { } socket)
                return null;
            var opened = new OpenSocket(socket, new DatagramOutbox(socket, bytes => Interlocked.Add(ref _sent, bytes), () => TellOfRoom(address.AddressFamily)));
            _sockets = [.. _sockets, opened];
            _outboxes = [.. _outboxes, opened.Outbox];
            _receiving.Add(Task.Run(() => ReceiveAsync(opened, _stop.Token)));
            return opened;
        }

        IDatagramSocket? TryOpen(int port)
        {
            try
            {
                return _network?.OpenDatagrams(new IPEndPoint(address, port), use);
            }
            catch (IOException e)
            {
                _refused = e as ProxyException;
                // Taken, or this machine does not have the IP version or address.
                return null;
            }
        }
    }

    private async Task ReceiveAsync(OpenSocket open, CancellationToken stop)
    {
        var batch = new DatagramBatch(Fairness.MostInARow, LongestDatagram);
        int failures = 0;
        int inARow = 0;
        while (!stop.IsCancellationRequested && Array.IndexOf(_sockets, open) >= 0)
        {
            try
            {
                ValueTask receiving = open.Socket.ReceiveAsync(batch, stop);
                // If it had to wait, other work has had the thread meanwhile.
                bool hasWaited = !receiving.IsCompleted;
                await receiving.ConfigureAwait(false);
                failures = 0;
                Deliver(batch, open.Outbox, open.Socket.LocalEndPoint.AddressFamily);
                inARow = hasWaited ? 0 : inARow + batch.Count;
                if (inARow >= Fairness.MostInARow)
                {
                    inARow = 0;
                    await Task.Yield();
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (IOException) when (Array.IndexOf(_sockets, open) < 0)
            {
                // Reopen closed it.
                return;
            }
#pragma warning disable CA1031 // The root of a loop: any exception affects one datagram only, and waits like a failed receive.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (e is not IOException)
                    EngineEvents.Log.FaultCaught(null, "UDP port", e);
                failures = Math.Min(failures + 1, MostRests);
                await Task.Delay(failures * Rest, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Passes each datagram to its handler. The answers leave together.</summary>
    private void Deliver(DatagramBatch batch, DatagramOutbox outbox, AddressFamily family)
    {
        outbox.Gather();
        try
        {
            long received = 0;
            for (int i = 0; i < batch.Count; i++)
            {
                received += batch[i].Length;
                Deliver(batch[i], batch.Remote(i));
            }

            Interlocked.Add(ref _received, received);
            Tell(static (handler, family) => handler.EndBatch(family), family);
        }
        finally
        {
            outbox.Release();
        }
    }

    private void TellOfRoom(AddressFamily family)
    {
        using DatagramGathering gathering = Gather();
        Tell(static (handler, family) => handler.RoomAgain(family), family);
    }

    private void Tell(Action<IDatagramHandler, AddressFamily> what, AddressFamily family)
    {
        foreach (IDatagramHandler handler in _handlers)
        {
            try
            {
                what(handler, family);
            }
#pragma warning disable CA1031 // Any exception affects one call only.
            catch (Exception e)
#pragma warning restore CA1031
            {
                EngineEvents.Log.FaultCaught(null, "UDP port", e);
            }
        }
    }

    private void Deliver(ReadOnlyMemory<byte> datagram, IPEndPoint remote)
    {
        try
        {
            if (!Allows(remote.Address))
                return;
            foreach (IDatagramHandler handler in _handlers)
            {
                if (handler.TryHandle(datagram, remote))
                    return;
            }
        }
#pragma warning disable CA1031 // Any exception affects one datagram only.
        catch (Exception e)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(null, "UDP port", e);
        }
    }

    /// <summary>The port in one IP version.</summary>
    private sealed record OpenSocket(IDatagramSocket Socket, DatagramOutbox Outbox);
}
