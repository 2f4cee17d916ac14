using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// The owner of a <see cref="TorrentNetwork"/>: supplies the torrent's state, and receives what was found for it.
/// </summary>
internal interface ITorrentNetworkOwner
{
    /// <summary>Whether we have every piece. Called with a lock held; must not call back into the network.</summary>
    bool IsSeed { get; }

    /// <summary>Builds an announce with the torrent's current state.</summary>
    AnnounceRequest MakeAnnounce(AnnounceEvent announceEvent, AddressFamily family);

    /// <summary>A tracker's state has changed.</summary>
    void TrackersChanged();

    /// <summary>Takes peer addresses that were found.</summary>
    void AddPeers(IEnumerable<IPEndPoint> peers, PeerOrigin origin);
}
