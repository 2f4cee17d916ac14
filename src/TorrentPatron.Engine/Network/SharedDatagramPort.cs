using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// One UDP port for everything that is spoken over UDP, so that a router has one hole only: DHT, UDP trackers and uTP. It is the
/// engine's, lent to each protocol. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="use">What it is for.</param>
internal sealed class SharedDatagramPort(TimeProvider time, NetworkUse use = NetworkUse.Peers) : IDatagramPort, IAsyncDisposable
{
    /// <summary>Bytes of the longest datagram that is received whole: an answer of a UDP tracker with more than a thousand peers.</summary>
    private const int LongestDatagram = 8 * 1024;

    /// <summary>Waited after each refusal in a row to receive, and again as long for each before it: some systems report another's fault here.</summary>
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

    /// <summary>Whether datagrams may be sent to an address, and are taken from it.</summary>
    public Predicate<IPAddress> Allows { get; init; } = static _ => true;

    /// <summary>Where it receives; none before it is opened.</summary>
    public ReadOnlyCollection<IPEndPoint> EndPoints => [.. _sockets.Select(open => open.Socket.LocalEndPoint)];

    /// <summary>Bytes received.</summary>
    public long BytesReceived => Interlocked.Read(ref _received);

    /// <summary>Bytes sent.</summary>
    public long BytesSent => Interlocked.Read(ref _sent);

    /// <summary>Adds a protocol. Those added first look at a datagram first.</summary>
    public void Attach(IDatagramHandler handler) => _handlers = [.. _handlers, handler];

    /// <summary>Opens the port in each IP version that the network has, and begins to receive. Called once, before it is lent.</summary>
    /// <param name="network">Where it is opened.</param>
    /// <param name="wanted">
    /// The number wanted for an IP version, 0: any free one. Where another program has it, any other will do: those we send to know us by the
    /// port that we send from.
    /// </param>
    public void Open(INetwork network, Func<AddressFamily, ushort> wanted)
    {
        (_network, _wanted) = (network, wanted);
        foreach (IPAddress address in network.LocalAddresses)
            Open(address);
    }

    /// <summary>Closes what is open at addresses that the network has no more, and opens the port at those that it has now.</summary>
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

    /// <summary>Opens the port when something is sent.</summary>
    /// <param name="network">Where it is opened.</param>
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

    // A bind address may be there only now: that of a VPN which came up after the engine.
    private OpenSocket? FindOrOpen(AddressFamily family) => Find(family) ?? OpenAnew(family);

    // Apart: what the search closes over would be made for each datagram.
    private OpenSocket? OpenAnew(AddressFamily family) =>
        _network?.LocalAddresses.FirstOrDefault(address => address.AddressFamily == family) is { } local ? Open(local) : null;

    /// <summary>Opens the port at an address, unless it is open in that IP version.</summary>
    /// <returns>The socket; null: it cannot be had now.</returns>
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
                // Taken, or there is no such IP version or address here.
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
                // Where it waits, others have the thread meanwhile.
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
                // It was closed by Reopen.
                return;
            }
#pragma warning disable CA1031 // The root of a loop: whatever it is costs one datagram, and rests like a refusal.
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

    /// <summary>Hands each datagram to its handler. The answers leave together.</summary>
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
#pragma warning disable CA1031 // Whatever it is costs one call.
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
#pragma warning disable CA1031 // Whatever it is costs one datagram.
        catch (Exception e)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(null, "UDP port", e);
        }
    }

    /// <summary>The port in one IP version.</summary>
    private sealed record OpenSocket(IDatagramSocket Socket, DatagramOutbox Outbox);
}
