using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Protocol.Proxies;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Datagrams through a SOCKS5 proxy (UDP ASSOCIATE). It holds the control connection that keeps the association alive, and opens
/// a new one when that breaks. Without an association nothing is sent: datagrams never bypass the proxy.
/// </summary>
internal sealed class ProxyDatagramSocket : IDatagramSocket
{
    private const int MostKnown = 256;

    /// <summary>The wait after a failed attempt; doubles with each further failure.</summary>
    private static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(1);

    /// <summary>The wait if the proxy does not relay datagrams, or refuses us.</summary>
    private static readonly TimeSpan RestAfterRefusal = TimeSpan.FromMinutes(10);

    /// <summary>The wait before receiving again while there is no association.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ProxyDialer _dialer;
    private readonly INetwork _inner;
    private readonly ProxySettings _proxy;
    private readonly NetworkUse _use;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint?[] _known = new IPEndPoint?[MostKnown];
    private readonly byte[] _header = new byte[Socks5Datagram.MostHeaderBytes];
    private volatile TaskCompletionSource<Association> _association = MakeSource();
    private DatagramBatch? _incoming;
    private DatagramBatch? _outgoing;
    private Association? _incomingFrom;
    private int _next;

    /// <summary>Starts the association.</summary>
    /// <param name="dialer">Connects to the proxy.</param>
    /// <param name="inner">The network on which the proxy is.</param>
    /// <param name="proxy">The proxy.</param>
    /// <param name="family">The IP version of the hosts that datagrams are sent to.</param>
    /// <param name="use">The purpose of the datagrams.</param>
    /// <param name="time">The clock.</param>
    public ProxyDatagramSocket(ProxyDialer dialer, INetwork inner, ProxySettings proxy, AddressFamily family, NetworkUse use, TimeProvider time)
    {
        (_dialer, _inner, _proxy, _use, _time) = (dialer, inner, proxy, use, time);
        LocalEndPoint = new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        _ = Task.Run(() => KeepAsync(_stop.Token));
    }

    /// <summary>"Any" with port 0: the proxy's receiving address is unknown.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <inheritdoc/>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken)
    {
        Association association = await AssociatedAsync(cancellationToken).ConfigureAwait(false);
        byte[] wrapped = new byte[Socks5Datagram.MostHeaderBytes + datagram.Length];
        int header = WriteHeader(wrapped, remote);
        datagram.CopyTo(wrapped.AsMemory(header));
        await association.Socket.SendAsync(wrapped.AsMemory(0, header + datagram.Length), association.Relay, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<int> SendAsync(DatagramBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Association association;
        try
        {
            association = await AssociatedAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ProxyException)
        {
            // Lost, as on the network.
            return 0;
        }

        int longest = batch.LongestDatagram + Socks5Datagram.MostHeaderBytes;
        if (_outgoing is null || _outgoing.Capacity < batch.Count || _outgoing.LongestDatagram < longest)
            _outgoing = new DatagramBatch(Math.Max(batch.Capacity, batch.Count), longest);
        _outgoing.Clear();
        int bytes = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            int header = WriteHeader(_header, batch.Remote(i));
            Memory<byte> room = _outgoing.Next;
            _header.AsMemory(0, header).CopyTo(room);
            batch[i].CopyTo(room[header..]);
            _outgoing.TryAdd(room.Span[..(header + batch[i].Length)], association.Relay, batch.IsWhole(i));
            bytes += batch[i].Length;
        }

        try
        {
            return await association.Socket.SendAsync(_outgoing, cancellationToken).ConfigureAwait(false) > 0 ? bytes : 0;
        }
        catch (IOException) when (!_stop.IsCancellationRequested)
        {
            // The proxy has just ended the association.
            return 0;
        }
    }

    /// <inheritdoc/>
    public async ValueTask ReceiveAsync(DatagramBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Clear();
        while (batch.Count == 0)
        {
            if (_incoming is null || _incomingFrom is null || _next >= _incoming.Count)
                await ReceiveMoreAsync(batch, cancellationToken).ConfigureAwait(false);
            if (_incoming is null || _incomingFrom is null)
                continue;
            for (; _next < _incoming.Count && !batch.IsFull; _next++)
                Unwrap(_incoming[_next].Span, _incoming.Remote(_next), _incomingFrom.Relay, batch);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Cancel();

    private static TaskCompletionSource<Association> MakeSource()
    {
        var source = new TaskCompletionSource<Association>(TaskCreationOptions.RunContinuationsAsynchronously);
        // There may be no waiter.
        _ = source.Task.ContinueWith(
            static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return source;
    }

    private static int WriteHeader(Span<byte> destination, IPEndPoint remote) => remote.Address is HostAddress
        ? Socks5Datagram.WriteHeader(destination, ProxyDialer.HostOf(remote))
        : Socks5Datagram.WriteHeader(destination, remote);

    /// <summary>The association; waits while one is being opened.</summary>
    /// <exception cref="ProxyException">The last attempt failed.</exception>
    /// <exception cref="IOException">The socket is disposed.</exception>
    private async ValueTask<Association> AssociatedAsync(CancellationToken cancellationToken)
    {
        Task<Association> made = _association.Task;
        return made.IsCompletedSuccessfully ? await made.ConfigureAwait(false) : await made.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask ReceiveMoreAsync(DatagramBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            Association association = await AssociatedAsync(cancellationToken).ConfigureAwait(false);
            _incoming ??= new DatagramBatch(batch.Capacity, batch.LongestDatagram + Socks5Datagram.MostHeaderBytes);
            _incoming.Clear();
            (_next, _incomingFrom) = (0, association);
            await association.Socket.ReceiveAsync(_incoming, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException) when (!_stop.IsCancellationRequested)
        {
            // There is no association now.
            _incoming?.Clear();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
            await Task.Delay(Pause, _time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (_stop.IsCancellationRequested)
            throw Disposed();
    }

    private void Unwrap(ReadOnlySpan<byte> datagram, IPEndPoint from, IPEndPoint relay, DatagramBatch batch)
    {
        // Only the proxy may send here: others may be able to reach this port.
        if (!from.Equals(relay) || !Socks5Datagram.TryRead(datagram, out ReadOnlySpan<byte> address, out ReadOnlySpan<byte> data))
            return;
        IPEndPoint remote = Known(Socks5Datagram.ReadAddress(address));
        // With the other IP version the sender would not be recognised.
        if (remote.AddressFamily == LocalEndPoint.AddressFamily)
            batch.TryAdd(data, remote);
    }

    /// <summary>Returns the same object for the same address, if possible.</summary>
    private IPEndPoint Known(IPEndPoint remote)
    {
        ref IPEndPoint? known = ref _known[(uint)remote.GetHashCode() % MostKnown];
        return known is not null && known.Equals(remote) ? known : known = remote;
    }

    private async Task KeepAsync(CancellationToken stop)
    {
        TimeSpan rest = FirstRest;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using Association association = await AssociateAsync(stop).ConfigureAwait(false);
                _association.TrySetResult(association);
                await association.EndAsync(stop).ConfigureAwait(false);
                _association = MakeSource();
                rest = FirstRest;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // The root of a loop: after any exception it tries again later.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (e is not IOException)
                    EngineEvents.Log.FaultCaught(null, "UDP through a proxy", e);
                _association.TrySetException(e as IOException ?? ProxyErrors.Unreachable(_proxy, "cannot be used for UDP", e));
                TimeSpan wait = e is ProxyException { Error.Id: not TorrentErrorId.ProxyUnreachable } ? RestAfterRefusal : rest;
                rest = TimeSpan.FromTicks(Math.Min(2 * rest.Ticks, LongestRest.Ticks));
                await Task.Delay(wait, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                _association = MakeSource();
            }
        }

        _association.TrySetException(Disposed());
        _association = MakeSource();
        _association.TrySetException(Disposed());
        _stop.Dispose();
    }

    private async Task<Association> AssociateAsync(CancellationToken stop)
    {
        (IConnection control, IPEndPoint relay) = await _dialer.AssociateAsync(_proxy, _use, stop).ConfigureAwait(false);
        try
        {
            IPAddress local = _inner.LocalAddresses.FirstOrDefault(address => address.AddressFamily == relay.AddressFamily)
                ?? throw ProxyErrors.Unreachable(_proxy, "relays datagrams over an IP version that is switched off");
            return new Association(control, _inner.OpenDatagrams(new IPEndPoint(local, 0), _use), relay);
        }
        catch
        {
            control.Dispose();
            throw;
        }
    }

    private static IOException Disposed() => new("The socket is disposed.");

    /// <summary>An association, which lasts as long as its control connection.</summary>
    private sealed class Association(IConnection control, IDatagramSocket socket, IPEndPoint relay) : IDisposable
    {
        public IDatagramSocket Socket => socket;

        public IPEndPoint Relay => relay;

        /// <summary>Waits for the end of the control connection. Data received from it is ignored.</summary>
        public async Task EndAsync(CancellationToken stop)
        {
            using CancellationTokenRegistration ending = stop.UnsafeRegister(static c => ((IConnection)c!).Dispose(), control);
            byte[] nothing = new byte[64];
            try
            {
                while (await control.ReceiveAsync(nothing).ConfigureAwait(false) > 0)
                    await Task.Yield();
            }
            catch (IOException)
            {
                // The proxy, or the route to it, is gone.
            }
        }

        public void Dispose()
        {
            control.Dispose();
            socket.Dispose();
        }
    }
}
