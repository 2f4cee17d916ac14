using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>The owner of a connected peer.</summary>
internal interface IPeerOwner
{
    /// <summary>The connection has ended. Called once.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="reason">The reason, as a sentence.</param>
    /// <param name="by">Who ended it.</param>
    void PeerClosed(PeerConnection peer, string reason, ClosedBy by);

    /// <summary>An internal error occurred while handling a peer, which is closed next.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="root">The loop that caught it.</param>
    /// <param name="fault">The exception.</param>
    void PeerFaulted(PeerConnection peer, string root, Exception fault);

    /// <summary>The peer has a node in the DHT (BEP 5). Called from the receive loop.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="port">Its UDP port.</param>
    void PeerHasDhtNode(PeerConnection peer, ushort port);

    /// <summary>The peer requests, sends or rejects file tree hashes (BEP 52). Called from the receive loop.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="message">The message.</param>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
    string? PeerSpeaksOfHashes(PeerConnection peer, in PeerMessage message) => HashExchange.Decline(peer, message);

    /// <summary>The peer reports our address as it sees it (BEP 10). Called from the receive loop.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="address">The address.</param>
    void PeerSeesUs(PeerConnection peer, IPAddress address);
}
