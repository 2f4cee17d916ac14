using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// A stream of bytes to and from one peer. One receive and one send may be pending at a time. Disposing, from any thread,
/// ends both with an <see cref="IOException"/>.
/// </summary>
public interface IConnection : IDisposable
{
    /// <summary>The other side's address.</summary>
    IPEndPoint RemoteEndPoint { get; }

    /// <summary>Receives what is there, at least a byte.</summary>
    /// <returns>The number of bytes; 0: the other side has closed.</returns>
    /// <exception cref="IOException">The connection is broken or disposed.</exception>
    ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>What was agreed on by message stream encryption; none: the connection is plain from its first byte.</summary>
    EncryptionMethods Encryption => EncryptionMethods.None;

    /// <summary>The protocol that carries the stream.</summary>
    PeerTransport Transport => PeerTransport.Tcp;

    /// <summary>Bytes that the network carries besides those of the stream, where they count for limits of rate: the headers of uTP.</summary>
    /// <param name="bytes">Bytes of the stream.</param>
    int Overhead(int bytes) => 0;

    /// <summary>How long what is sent waits in the queues of the path, beyond the least of late. Null where nothing is on its way, or that is not known: with TCP.</summary>
    TimeSpan? SendDelay => null;

    /// <summary>How long what comes has waited in the queues of the path, beyond the least of late; zero where that is not known: with TCP.</summary>
    TimeSpan ReceiveDelay => TimeSpan.Zero;

    /// <summary>Sends all of it. The bytes may be changed where they lie: encrypted, they need no copy.</summary>
    /// <exception cref="IOException">The connection is broken or disposed.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> buffer);

    /// <summary>
    /// Tells the other side now that what was received has arrived, where that would otherwise wait for the next bytes sent.
    /// Best effort: a system without a way to ask for it does it in its own time. Thread-safe.
    /// </summary>
    void Acknowledge()
    {
    }

    /// <summary>
    /// Lets a receive that has to wait do so until so many bytes have come, or the stream has ended. What is there already is
    /// received at once. Best effort, and thread-safe: a receive that waits goes by the new number too.
    /// </summary>
    /// <param name="bytes">1 or more; 1: whatever comes.</param>
    void SetReceiveThreshold(int bytes)
    {
    }
}
