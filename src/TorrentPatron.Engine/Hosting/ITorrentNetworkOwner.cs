using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Hosting;

/// <summary>Who uses a <see cref="TorrentNetwork"/>: asked how the torrent stands, and told what was found for it.</summary>
internal interface ITorrentNetworkOwner
{
    /// <summary>Whether we have everything. Called with a lock held; must not come back to the network.</summary>
    bool IsSeed { get; }

    /// <summary>Tells how the torrent stands, for a tracker.</summary>
    AnnounceRequest MakeAnnounce(AnnounceEvent announceEvent, AddressFamily family);

    /// <summary>A tracker's state has changed.</summary>
    void TrackersChanged();

    /// <summary>Takes addresses of peers that were found.</summary>
    void AddPeers(IEnumerable<IPEndPoint> peers, PeerOrigin origin);
}
