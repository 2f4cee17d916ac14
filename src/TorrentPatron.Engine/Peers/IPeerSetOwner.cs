
namespace TorrentPatron.Engine.Peers;

/// <summary>What is done with the peers of a set: first for the torrent's metadata, then for its pieces.</summary>
internal interface IPeerSetOwner
{
    /// <summary>
    /// A peer has connected. What is added to its messages here comes before all else; nothing has come from it yet. Called with the set's
    /// lock held.
    /// </summary>
    void PeerJoined(PeerConnection peer);

    /// <summary>A peer has gone. Called once for each that joined, without the set's lock.</summary>
    void PeerLeft(PeerConnection peer);
}
