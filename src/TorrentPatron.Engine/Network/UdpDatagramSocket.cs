using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // A socket of SocketNetwork.

/// <summary>Datagrams over UDP.</summary>
internal sealed class UdpDatagramSocket : IDatagramSocket
{
    // On Windows an ICMP "port unreachable", or "time exceeded", would otherwise break the receive of everybody who shares the socket.
    private const int SioUdpConnReset = unchecked((int)0x9800000C), SioUdpNetReset = unchecked((int)0x9800000F);

    private readonly Socket _socket;
    private readonly DatagramAddresses _known = new();

    /// <summary>Where the datagram came from that was received last.</summary>
    private readonly SocketAddress _from;

    /// <summary>Opens a socket.</summary>
    /// <param name="local">Where it receives; port 0: any free one. Its family is the only one that can be sent to.</param>
    /// <param name="configure">Sets what else is to be set before it is bound.</param>
    /// <exception cref="IOException">The address cannot be had.</exception>
    public UdpDatagramSocket(IPEndPoint local, Action<Socket>? configure = null)
    {
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
                int many = OperatingSystem.IsLinux() ? batch.Linux.Send(_socket.SafeHandle, next, _known) : 0;
                for (int end = next + many; next < end; next++)
                    sent += batch[next].Length;
                // The one where it stopped waits for room, or is refused.
                if (next < batch.Count)
                    sent += await SendOrLoseAsync(batch[next], batch.Remote(next++), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (ObjectDisposedException e)
        {
            throw new IOException(e.Message, e);
        }

        return sent;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ReceiveAsync(DatagramBatch batch, CancellationToken cancellationToken)
    {
        batch.Clear();
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

    public void Dispose() => _socket.Dispose();

    private async ValueTask<int> SendOrLoseAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken)
    {
        try
        {
            return await _socket.SendToAsync(datagram, SocketFlags.None, _known.Of(remote), cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // No way there. Whoever waits for an answer will see that none comes.
            return 0;
        }
    }

    private void ReceiveWaiting(DatagramBatch batch)
    {
        if (OperatingSystem.IsLinux())
        {
            batch.Linux.Receive(_socket.SafeHandle, _known, _from);
            return;
        }

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
