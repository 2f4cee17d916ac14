using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

/// <summary>A UDP port, over IPv4 and IPv6, that several protocols share. Thread-safe.</summary>
internal interface IDatagramPort
{
    /// <summary>Whether datagrams can be sent to addresses of a family.</summary>
    bool Has(AddressFamily family);

    /// <summary>Sends a datagram of at most 1,500 bytes without waiting; delivery is not guaranteed.</summary>
    /// <remarks>
    /// The buffer may be reused after the call. Datagrams sent while a datagram is being handled leave together.
    /// </remarks>
    void Send(ReadOnlySpan<byte> datagram, IPEndPoint remote);

    /// <summary>
    /// Sends a datagram of at most 1,500 bytes without waiting, for protocols that send much and can wait: some room is reserved
    /// for the others.
    /// </summary>
    /// <param name="datagram">The datagram; its buffer may be reused after the call.</param>
    /// <param name="remote">Its destination.</param>
    /// <param name="isWhole">Whether fragmentation is forbidden: it is sent with DF, and lost if it does not fit.</param>
    /// <returns>
    /// False if there is no room now; <see cref="IDatagramHandler.RoomAgain"/> will then be called. A datagram that cannot be
    /// sent at all is lost.
    /// </returns>
    bool TrySend(ReadOnlySpan<byte> datagram, IPEndPoint remote, bool isWhole = false)
    {
        Send(datagram, remote);
        return true;
    }

    /// <summary>
    /// Whether <see cref="TrySend"/> has room. If not, <see cref="IDatagramHandler.RoomAgain"/> will be called.
    /// </summary>
    bool HasRoom(AddressFamily family) => true;

    /// <summary>
    /// Holds datagrams back until the result is disposed, or there are many, and sends them together: on the thread that disposes
    /// it, which should hold no lock.
    /// </summary>
    DatagramGathering Gather() => default;

    /// <summary>Sends a datagram; delivery is not guaranteed. Its bytes must not change before the task completes.</summary>
    /// <exception cref="IOException">The network refused, or does not have this IP version.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken);
}
