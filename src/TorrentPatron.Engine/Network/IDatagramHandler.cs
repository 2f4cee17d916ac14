using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>Takes the datagrams of one protocol from a port that several share.</summary>
internal interface IDatagramHandler
{
    /// <summary>Takes a datagram, if it is of the handler's protocol. Called one at a time for each address family; must not block or throw.</summary>
    /// <param name="datagram">The datagram; its bytes are used again when this returns.</param>
    /// <param name="remote">Where it came from.</param>
    /// <returns>Whether it was of this protocol, so that no other handler need look at it.</returns>
    bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote);
}
