using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

/// <summary>Handles the datagrams of one protocol on a shared port. No method may block or throw.</summary>
internal interface IDatagramHandler
{
    /// <summary>
    /// Handles a datagram if it belongs to the handler's protocol. Calls do not overlap within an address family.
    /// </summary>
    /// <param name="datagram">The datagram; its buffer is reused after the call.</param>
    /// <param name="remote">The source; within a batch the same address has the same object, if possible.</param>
    /// <returns>Whether it belongs to this protocol, so that no other handler need see it.</returns>
    bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote);

    /// <summary>
    /// Called when all datagrams of a batch have been handled, so that many can be acknowledged at once, on the thread that calls
    /// <see cref="TryHandle"/>. Datagrams sent from here leave together with the answers.
    /// </summary>
    /// <param name="family">The address family of the datagrams.</param>
    void EndBatch(AddressFamily family)
    {
    }

    /// <summary>
    /// Called on the thread pool when there is room again after <see cref="IDatagramPort.TrySend"/> refused a datagram, or
    /// <see cref="IDatagramPort.HasRoom"/> returned false. Datagrams sent from here leave together.
    /// </summary>
    /// <param name="family">The address family with room.</param>
    void RoomAgain(AddressFamily family)
    {
    }
}
