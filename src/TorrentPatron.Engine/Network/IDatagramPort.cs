using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

/// <summary>A UDP port, IPv4 and IPv6, on which several protocols are spoken. Thread-safe.</summary>
internal interface IDatagramPort
{
    /// <summary>Whether datagrams can be sent to addresses of a family.</summary>
    bool Has(AddressFamily family);

    /// <summary>Sends a datagram of at most 1,500 bytes without waiting; delivery is not guaranteed.</summary>
    /// <remarks>Its bytes may be used again when this returns. What is sent while a datagram is being handled leaves together.</remarks>
    void Send(ReadOnlySpan<byte> datagram, IPEndPoint remote);

    /// <summary>
    /// Sends a datagram of at most 1,500 bytes without waiting, for protocols that send much and can wait: they leave some room to the others.
    /// </summary>
    /// <param name="datagram">The datagram; its bytes may be used again when this returns.</param>
    /// <param name="remote">Where it goes to.</param>
    /// <param name="isWhole">Whether it must arrive whole or not at all: it is sent with DF, and lost where it does not fit.</param>
    /// <returns>
    /// False: there is no room now, and <see cref="IDatagramHandler.RoomAgain"/> will be called. What cannot be sent at all is lost as on the way.
    /// </returns>
    bool TrySend(ReadOnlySpan<byte> datagram, IPEndPoint remote, bool isWhole = false)
    {
        Send(datagram, remote);
        return true;
    }

    /// <summary>Whether <see cref="TrySend"/> has room. Where it has none, <see cref="IDatagramHandler.RoomAgain"/> will be called.</summary>
    bool HasRoom(AddressFamily family) => true;

    /// <summary>
    /// From now on datagrams wait, until the result is disposed or they are many, and leave together: on the thread that disposes it, which
    /// should hold no lock.
    /// </summary>
    DatagramGathering Gather() => default;

    /// <summary>Sends a datagram; delivery is not guaranteed. Its bytes must not change before this is done.</summary>
    /// <exception cref="IOException">The network refused, or has no such IP version.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken);
}
