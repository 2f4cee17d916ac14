using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

/// <summary>Takes the datagrams of one protocol from a port that several share. Nothing here may block or throw.</summary>
internal interface IDatagramHandler
{
    /// <summary>Takes a datagram, if it is of the handler's protocol. Called one at a time for each address family.</summary>
    /// <param name="datagram">The datagram; its bytes are used again when this returns.</param>
    /// <param name="remote">Where it came from; datagrams of the same batch from the same address have the same object, as far as may be.</param>
    /// <returns>Whether it was of this protocol, so that no other handler need look at it.</returns>
    bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote);

    /// <summary>
    /// Called when all datagrams that came together have been handled, so that many can be acknowledged at once: from where
    /// <see cref="TryHandle"/> is called. What is sent from here leaves with the answers.
    /// </summary>
    /// <param name="family">The address family of the datagrams.</param>
    void EndBatch(AddressFamily family)
    {
    }

    /// <summary>
    /// Called on a thread of the pool when there is room again for datagrams that <see cref="IDatagramPort.TrySend"/> has refused, or
    /// <see cref="IDatagramPort.HasRoom"/> has said that there is none. What is sent from here leaves together.
    /// </summary>
    /// <param name="family">The address family to which there is room.</param>
    void RoomAgain(AddressFamily family)
    {
    }
}
