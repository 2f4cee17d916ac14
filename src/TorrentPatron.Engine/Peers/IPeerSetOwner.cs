
namespace TorrentPatron.Engine.Peers;

/// <summary>The user of a set of peers: first the metadata's work, then the pieces'.</summary>
internal interface IPeerSetOwner
{
    /// <summary>
    /// A peer has connected, and nothing has been received from it yet. Messages added here are sent before all others. Called
    /// with the set's lock held.
    /// </summary>
    void PeerJoined(PeerConnection peer);

    /// <summary>A peer has left. Called once for each that joined, without the set's lock.</summary>
    void PeerLeft(PeerConnection peer);
}
