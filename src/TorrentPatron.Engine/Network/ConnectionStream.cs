using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using TorrentPatron.Engine.Streams;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// A connection as a stream, for HTTP and TLS. It supports no synchronous calls; cancelling a call ends the connection.
/// </summary>
internal sealed class ConnectionStream(IConnection connection) : ForwardStream
{
    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <summary>Dials a host.</summary>
    /// <exception cref="SocketException">The host does not answer, or the network refuses.</exception>
    /// <exception cref="IOException">The same, if there is no socket error.</exception>
    public static async Task<Stream> ConnectAsync(INetwork network, IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken)
    {
        try
        {
            return new ConnectionStream(await network.ConnectAsync(remote, use, cancellationToken).ConfigureAwait(false));
        }
        catch (IOException e) when (e is not ProxyException && e.InnerException is SocketException refused)
        {
            // The HTTP client derives its error from this exception.
            ExceptionDispatchInfo.Throw(refused);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using CancellationTokenRegistration ending = cancellationToken.UnsafeRegister(static ended => ((IConnection)ended!).Dispose(), connection);
        try
        {
            return await connection.ReceiveAsync(buffer).ConfigureAwait(false);
        }
        catch (IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using CancellationTokenRegistration ending = cancellationToken.UnsafeRegister(static ended => ((IConnection)ended!).Dispose(), connection);
        try
        {
            await connection.SendAsync(buffer).ConfigureAwait(false);
        }
        catch (IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            connection.Dispose();
        base.Dispose(disposing);
    }
}
