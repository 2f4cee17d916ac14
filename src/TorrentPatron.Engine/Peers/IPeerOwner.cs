using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>Whose a connected peer is.</summary>
internal interface IPeerOwner
{
    /// <summary>The connection has ended. Called once.</summary>
    /// <param name="peer">Which peer.</param>
    /// <param name="reason">Why, for people.</param>
    /// <param name="by">Who ended it.</param>
    void PeerClosed(PeerConnection peer, string reason, ClosedBy by);

    /// <summary>The engine itself has failed at a peer, which is closed next.</summary>
    /// <param name="peer">Which peer.</param>
    /// <param name="root">The loop that caught it.</param>
    /// <param name="fault">What was caught.</param>
    void PeerFaulted(PeerConnection peer, string root, Exception fault);

    /// <summary>The peer has a node in the DHT (BEP 5). Called from the receive loop.</summary>
    /// <param name="peer">Which peer.</param>
    /// <param name="port">Its UDP port.</param>
    void PeerHasDhtNode(PeerConnection peer, ushort port);

    /// <summary>The peer asks for hashes of a file's tree, sends some, or refuses to (BEP 52). Called from the receive loop.</summary>
    /// <param name="peer">Which peer.</param>
    /// <param name="message">What it says.</param>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    string? PeerSpeaksOfHashes(PeerConnection peer, in PeerMessage message) => HashExchange.Decline(peer, message);

    /// <summary>The peer says at which address it sees us (BEP 10). Called from the receive loop.</summary>
    /// <param name="peer">Which peer.</param>
    /// <param name="address">The address.</param>
    void PeerSeesUs(PeerConnection peer, IPAddress address);
}
