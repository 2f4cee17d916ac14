using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

/// <summary>A UDP port, IPv4 and IPv6, on which several protocols are spoken.</summary>
internal interface IDatagramPort
{
    /// <summary>Whether datagrams can be sent to addresses of a family.</summary>
    bool Has(AddressFamily family);

    /// <summary>
    /// Sends a datagram, without waiting: like on any road, it may be lost on the way. Thread-safe; the bytes must not
    /// change afterwards.
    /// </summary>
    void Send(ReadOnlyMemory<byte> datagram, IPEndPoint remote);
}
