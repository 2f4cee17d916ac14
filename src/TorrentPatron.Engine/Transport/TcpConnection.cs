using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace TorrentPatron.Engine.Transport;

/// <summary>A TCP stream.</summary>
internal sealed class TcpConnection(Socket socket, IPEndPoint remoteEndPoint) : IConnection
{
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
            throw new IOException(e.Message, e);
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
            throw new IOException(e.Message, e);
        }
    }

    public void Dispose() => socket.Dispose();
}
