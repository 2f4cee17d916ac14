using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // A socket of SocketNetwork.

/// <summary>A TCP stream.</summary>
/// <param name="socket">Its socket, which it closes.</param>
/// <param name="remoteEndPoint">The remote end point.</param>
/// <param name="open">Tracks the socket, and may close it; null if nothing does.</param>
internal sealed class TcpConnection(Socket socket, IPEndPoint remoteEndPoint, OpenSockets? open = null) : IConnection
{
    private const int TcpLevel = 6;
    private const int LinuxQuickAck = 12;

    private static ReadOnlySpan<byte> On => [1, 0, 0, 0];

    public IPEndPoint RemoteEndPoint { get; } = remoteEndPoint;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, SocketFlags.None, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw Failure(e);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(ReadOnlyMemory<byte> buffer)
    {
        try
        {
            while (buffer.Length > 0)
            {
                int sent = await socket.SendAsync(buffer, SocketFlags.None, CancellationToken.None).ConfigureAwait(false);
                buffer = buffer[sent..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw Failure(e);
        }
    }

    public void Acknowledge()
    {
        // Each call sends the pending acknowledgement; the socket then goes back to delaying them by itself.
        if (OperatingSystem.IsLinux())
            TrySet(static (socket, _) => socket.SetRawSocketOption(TcpLevel, LinuxQuickAck, On), 0);
    }

    public void SetReceiveThreshold(int bytes)
    {
        // Windows has no such option.
        if (!OperatingSystem.IsWindows())
            TrySet(static (socket, bytes) => socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveLowWater, bytes), bytes);
    }

    public void Dispose()
    {
        open?.Remove(socket);
        socket.Dispose();
    }

    private IOException Failure(Exception e)
    {
        bool isClosedHere = e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted };
        return new IOException(isClosedHere && open?.Reason is { } reason ? reason : e.Message, e);
    }

    /// <summary>Sets an option that only affects speed; failures, such as a closed socket, are ignored.</summary>
    private void TrySet(Action<Socket, int> set, int value)
    {
        try
        {
            set(socket, value);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }
}
