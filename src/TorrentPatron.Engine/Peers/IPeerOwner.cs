namespace TorrentPatron.Engine.Peers;

/// <summary>Whose a connected peer is.</summary>
internal interface IPeerOwner
{
    /// <summary>The connection has ended. Called once.</summary>
    /// <param name="peer">Which peer.</param>
    /// <param name="reason">Why, for people.</param>
    void PeerClosed(PeerConnection peer, string reason);

    /// <summary>The peer has a node in the DHT (BEP 5). Called from the receive loop.</summary>
    /// <param name="peer">Which peer.</param>
    /// <param name="port">Its UDP port.</param>
    void PeerHasDhtNode(PeerConnection peer, ushort port);
}
