using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Sends and receives datagrams of one address family. One receive and one send of a batch may be pending at a time, sends of single
/// datagrams at any. Disposing, from any thread, ends a pending receive with an <see cref="IOException"/>.
/// </summary>
public interface IDatagramSocket : IDisposable
{
    /// <summary>Where it receives.</summary>
    IPEndPoint LocalEndPoint { get; }

    /// <summary>Sends one datagram.</summary>
    /// <exception cref="IOException">The network refused, or the socket is disposed.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken);

    /// <summary>Sends many datagrams, in their order, with as few system calls as the system allows.</summary>
    /// <param name="batch">The datagrams; it must not change before this is done.</param>
    /// <param name="cancellationToken">Ends the wait for room in the system's buffer.</param>
    /// <returns>Bytes of those that were sent. A datagram that the network refuses is lost, and the next one is sent.</returns>
    /// <exception cref="IOException">The socket is disposed.</exception>
    ValueTask<int> SendAsync(DatagramBatch batch, CancellationToken cancellationToken);

    /// <summary>Waits for a datagram, and receives it and those that have come with it.</summary>
    /// <param name="batch">Takes as many as it has room for; what was in it is replaced. A datagram that is longer than its room is cut off or lost.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The network broke, or the socket is disposed.</exception>
    ValueTask ReceiveAsync(DatagramBatch batch, CancellationToken cancellationToken);
}
