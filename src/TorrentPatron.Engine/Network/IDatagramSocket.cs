using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Sends and receives datagrams of one address family. One receive may be pending at a time, sends at any. Disposing, from
/// any thread, ends a pending receive with an <see cref="IOException"/>.
/// </summary>
public interface IDatagramSocket : IDisposable
{
    /// <summary>Where it receives.</summary>
    IPEndPoint LocalEndPoint { get; }

    /// <summary>Sends one datagram.</summary>
    /// <exception cref="IOException">The network refused, or the socket is disposed.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken);

    /// <summary>Receives one datagram; what does not fit into the buffer is lost.</summary>
    /// <exception cref="IOException">The network broke, or the socket is disposed.</exception>
    ValueTask<(int Length, IPEndPoint Remote)> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken);
}
