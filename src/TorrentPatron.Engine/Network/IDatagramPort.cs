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

    /// <summary>Sends a datagram; delivery is not guaranteed. Its bytes must not change before this is done.</summary>
    /// <exception cref="IOException">The network refused, or has no such IP version.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken);
}
