using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// A byte stream to and from one peer. One receive and one send may be pending at a time. Disposing, from any thread, ends both
/// with an <see cref="IOException"/>.
/// </summary>
public interface IConnection : IDisposable
{
    /// <summary>The other side's address.</summary>
    IPEndPoint RemoteEndPoint { get; }

    /// <summary>Receives the available data, at least one byte.</summary>
    /// <returns>The number of bytes; 0 if the other side has closed.</returns>
    /// <exception cref="IOException">The connection is broken or disposed.</exception>
    ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>The method agreed by message stream encryption; none means plaintext from the first byte.</summary>
    EncryptionMethods Encryption => EncryptionMethods.None;

    /// <summary>The transport protocol.</summary>
    PeerTransport Transport => PeerTransport.Tcp;

    /// <summary>Bytes of protocol overhead that count for rate limits: the headers of uTP.</summary>
    /// <param name="bytes">Bytes of the stream.</param>
    int Overhead(int bytes) => 0;

    /// <summary>
    /// The queuing delay of sent packets above the recent minimum. Null if nothing is in flight or it is unknown, as with TCP.
    /// </summary>
    TimeSpan? SendDelay => null;

    /// <summary>The queuing delay of received packets above the recent minimum; zero if unknown, as with TCP.</summary>
    TimeSpan ReceiveDelay => TimeSpan.Zero;

    /// <summary>Sends all bytes. The buffer may be modified: it is encrypted in place.</summary>
    /// <exception cref="IOException">The connection is broken or disposed.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> buffer);

    /// <summary>
    /// Acknowledges received data now, if the acknowledgement would otherwise wait for the next data sent. Best effort: a system
    /// that cannot be asked does it in its own time. Thread-safe.
    /// </summary>
    void Acknowledge()
    {
    }

    /// <summary>
    /// Makes a waiting receive wait for at least this many bytes, or the end of the stream. Data already available is received at
    /// once. Best effort, and thread-safe: it also applies to a pending receive.
    /// </summary>
    /// <param name="bytes">1 or more; 1 means any data.</param>
    void SetReceiveThreshold(int bytes)
    {
    }
}
