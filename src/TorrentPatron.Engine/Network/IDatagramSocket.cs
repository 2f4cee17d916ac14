using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Sends and receives datagrams of one address family. One receive and one batch send may be pending at a time, and any number of
/// single sends. Disposing, from any thread, ends a pending receive with an <see cref="IOException"/>.
/// </summary>
public interface IDatagramSocket : IDisposable
{
    /// <summary>The local address and port.</summary>
    IPEndPoint LocalEndPoint { get; }

    /// <summary>Sends one datagram.</summary>
    /// <exception cref="IOException">The network refused, or the socket is disposed.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken);

    /// <summary>Sends many datagrams, in order, with as few system calls as possible.</summary>
    /// <param name="batch">The datagrams; it must not change before the task completes.</param>
    /// <param name="cancellationToken">Ends the wait for room in the system's buffer.</param>
    /// <returns>The bytes sent. A datagram that the network refuses is lost, and the next one is sent.</returns>
    /// <exception cref="IOException">The socket is disposed.</exception>
    ValueTask<int> SendAsync(DatagramBatch batch, CancellationToken cancellationToken);

    /// <summary>Waits for a datagram, and receives it together with others that have arrived.</summary>
    /// <param name="batch">
    /// Receives as many as it has room for; its contents are replaced. A datagram that is too long is truncated or lost.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The network failed, or the socket is disposed.</exception>
    ValueTask ReceiveAsync(DatagramBatch batch, CancellationToken cancellationToken);
}
