using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // A socket of SocketNetwork.

/// <summary>Datagrams over UDP.</summary>
internal sealed class UdpDatagramSocket : IDatagramSocket
{
    // On Windows an ICMP "port unreachable", or "time exceeded", would otherwise break the receive of everybody who shares the socket.
    private const int SioUdpConnReset = unchecked((int)0x9800000C), SioUdpNetReset = unchecked((int)0x9800000F);

    /// <summary>Bytes of the system's buffers that are asked for: what comes and leaves while others have the processor.</summary>
    private const int ReceiveBuffer = 2 * 1024 * 1024, SendBuffer = 512 * 1024;

    /// <summary>Messages that one call receives: while little comes, and while there is always more. Those of Linux may be of many datagrams.</summary>
    private const int FewSlots = 2, ManySlots = 16;

    private readonly Socket _socket;
    private readonly FragmentBan _ban;
    private readonly Action<UdpDatagramSocket>? _onClosed;
    private readonly DatagramAddresses _known = new();
    private bool _canSegment;

    /// <summary>Whether the last receive left something.</summary>
    private bool _isBusy;

    /// <summary>Where the datagram came from that was received last.</summary>
    private readonly SocketAddress _from;

    /// <summary>Opens a socket.</summary>
    /// <param name="local">Where it receives; port 0: any free one. Its family is the only one that can be sent to.</param>
    /// <param name="isShared">Whether many datagrams are to go through it, so that it is worth while to have the system put them together.</param>
    /// <param name="configure">Sets what else is to be set before it is bound.</param>
    /// <param name="onClosed">Told when it is closed; null: nobody.</param>
    /// <exception cref="IOException">The address cannot be had.</exception>
    public UdpDatagramSocket(IPEndPoint local, bool isShared, Action<Socket>? configure = null, Action<UdpDatagramSocket>? onClosed = null)
    {
        _onClosed = onClosed;
        Socket? socket = null;
        try
        {
            socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = false;
            if (OperatingSystem.IsWindows())
            {
                TurnOff(socket, SioUdpConnReset);
                TurnOff(socket, SioUdpNetReset);
            }

            configure?.Invoke(socket);
            socket.Bind(local);
            _ban = new FragmentBan(socket);
            if (isShared)
                SetUpForMany(socket);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new IOException(e.Message, e);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }

        _socket = socket;
        _from = new SocketAddress(local.AddressFamily);
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
    }

    /// <summary>Whether new sockets have the system put datagrams together and take them apart, where it can; tests and benchmarks may say no.</summary>
    internal static bool MayJoin { get; set; } = true;

    public IPEndPoint LocalEndPoint { get; }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken)
    {
        try
        {
            await _socket.SendToAsync(datagram, SocketFlags.None, _known.Of(remote), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new IOException(e.Message, e);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> SendAsync(DatagramBatch batch, CancellationToken cancellationToken)
    {
        int sent = 0;
        int next = 0;
        try
        {
            while (next < batch.Count)
            {
                if (OperatingSystem.IsLinux() && batch.Linux.Send(_socket.SafeHandle, next, _known, ref _canSegment, out int bytes) is > 0 and int done)
                {
                    next += done;
                    sent += bytes;
                    continue;
                }

                // It must arrive whole, waits for room, or is refused.
                bool isWhole = batch.IsWhole(next);
                if (isWhole)
                    _ban.Set(_socket, true);
                try
                {
                    sent += await SendOrLoseAsync(batch[next], batch.Remote(next++), cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    if (isWhole)
                        _ban.Set(_socket, false);
                }
            }
        }
        catch (ObjectDisposedException e)
        {
            throw new IOException(e.Message, e);
        }

        return sent;
    }

    public ValueTask ReceiveAsync(DatagramBatch batch, CancellationToken cancellationToken)
    {
        batch.Clear();
        return OperatingSystem.IsLinux() ? ReceiveManyAsync(batch, cancellationToken) : ReceiveEachAsync(batch, cancellationToken);
    }

    public void Dispose()
    {
        _onClosed?.Invoke(this);
        _socket.Dispose();
    }

    private async ValueTask<int> SendOrLoseAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken)
    {
        try
        {
            return await _socket.SendToAsync(datagram, SocketFlags.None, _known.Of(remote), cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // No way there, or longer than the link carries. Whoever waits for an answer will see that none comes.
            return 0;
        }
    }

    [SupportedOSPlatform("linux")]
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReceiveManyAsync(DatagramBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            while (batch.Count == 0)
            {
                if (!_isBusy)
                {
                    batch.Trim(FewSlots);
                    // Of no bytes: it only waits.
                    await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken).ConfigureAwait(false);
                }

                int slots = Math.Min(batch.Capacity, _isBusy ? ManySlots : FewSlots);
                _isBusy = batch.Linux.Receive(_socket.SafeHandle, slots, _known, _from) == slots;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new IOException(e.Message, e);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReceiveEachAsync(DatagramBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            while (batch.Count == 0)
            {
                ValueTask<int> receiving = _socket.ReceiveFromAsync(batch.Next, SocketFlags.None, _from, cancellationToken);
                // Where the first one was there before it was asked for, others may be too; else there is no call in vain for a lone one.
                bool isBusy = receiving.IsCompleted;
                try
                {
                    batch.Add(await receiving.ConfigureAwait(false), _known.Of(_from));
                }
                catch (SocketException e) when (IsOfOneDatagram(e))
                {
                    continue;
                }

                if (isBusy)
                    ReceiveWaiting(batch);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new IOException(e.Message, e);
        }
    }

    private void ReceiveWaiting(DatagramBatch batch)
    {
        while (!batch.IsFull && _socket.Available > 0)
        {
            try
            {
                batch.Add(_socket.ReceiveFrom(batch.Next.Span, SocketFlags.None, _from), _known.Of(_from));
            }
            catch (SocketException e) when (IsOfOneDatagram(e))
            {
                // The next one.
            }
        }
    }

    private void SetUpForMany(Socket socket)
    {
        try
        {
            // The system gives as much as its limits allow.
            socket.ReceiveBufferSize = ReceiveBuffer;
            socket.SendBufferSize = SendBuffer;
        }
        catch (SocketException)
        {
            // Its own sizes will do.
        }

        if (OperatingSystem.IsLinux() && MayJoin)
        {
            _canSegment = LinuxDatagrams.CanSegment(socket);
            LinuxDatagrams.Join(socket);
        }
    }

    /// <summary>
    /// Whether Windows says something of one datagram: one that came was too long, or one that was sent did not arrive. It is lost, as
    /// others are on the way.
    /// </summary>
    private static bool IsOfOneDatagram(SocketException e) =>
        OperatingSystem.IsWindows() && e.SocketErrorCode is (SocketError.MessageSize or SocketError.ConnectionReset or SocketError.NetworkReset);

    private static void TurnOff(Socket socket, int control)
    {
        try
        {
            socket.IOControl(control, [0, 0, 0, 0], null);
        }
        catch (SocketException)
        {
            // What is told of all the same is passed over.
        }
    }
}
