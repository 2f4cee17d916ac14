using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // A socket of SocketNetwork.

/// <summary>Datagrams over UDP.</summary>
internal sealed class UdpDatagramSocket : IDatagramSocket
{
    // On Windows an ICMP "port unreachable" or "time exceeded" would otherwise break the receive for every user of the socket.
    private const int SioUdpConnReset = unchecked((int)0x9800000C), SioUdpNetReset = unchecked((int)0x9800000F);

    /// <summary>The requested sizes of the system's buffers, bytes: enough for traffic while others have the processor.</summary>
    private const int ReceiveBuffer = 2 * 1024 * 1024, SendBuffer = 512 * 1024;

    /// <summary>
    /// Messages per receive call: with little traffic, and while there is always more. On Linux a message may contain many
    /// datagrams.
    /// </summary>
    private const int FewSlots = 2, ManySlots = 16;

    private readonly Socket _socket;
    private readonly DontFragment _ban;
    private readonly Action<UdpDatagramSocket>? _onClosed;
    private readonly DatagramAddresses _known = new();
    private bool _canSegment;

    /// <summary>Whether the last receive left data behind.</summary>
    private bool _isBusy;

    /// <summary>The source of the last received datagram.</summary>
    private readonly SocketAddress _from;

    /// <summary>Opens a socket.</summary>
    /// <param name="local">The address and port; port 0 means any free one. It can send only to this address family.</param>
    /// <param name="isShared">Whether it will carry many datagrams, so that coalescing by the system is worthwhile.</param>
    /// <param name="configure">Sets further options before it is bound.</param>
    /// <param name="onClosed">Called when it is closed; null means nothing.</param>
    /// <exception cref="IOException">The address or port is not available.</exception>
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
            _ban = new DontFragment(socket);
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

    /// <summary>
    /// Whether new sockets let the system coalesce and split datagrams, if it can; tests and benchmarks may switch this off.
    /// </summary>
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

                // Its fragmentation is forbidden, it waits for room, or it is refused.
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
            // No route, or longer than the link carries. The sender will notice that no answer comes.
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
                    // With an empty buffer: it only waits.
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
                // If the first datagram was there already, others may be too; otherwise there is no wasted call for a single one.
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
                // Continue with the next one.
            }
        }
    }

    private void SetUpForMany(Socket socket)
    {
        try
        {
            // The system applies its own limits.
            socket.ReceiveBufferSize = ReceiveBuffer;
            socket.SendBufferSize = SendBuffer;
        }
        catch (SocketException)
        {
            // Its default sizes will do.
        }

        if (OperatingSystem.IsLinux() && MayJoin)
        {
            _canSegment = LinuxDatagrams.CanSegment(socket);
            LinuxDatagrams.Join(socket);
        }
    }

    /// <summary>
    /// Whether Windows reports a problem with a single datagram: a received one was too long, or a sent one did not arrive. It is
    /// lost, as others are on the network.
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
            // Reports that still arrive are ignored.
        }
    }
}
