using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A running torrent and a patron that reaches it.</summary>
/// <param name="Patron">Any patron of the torrent's service.</param>
/// <param name="Status">The torrent's status when it was found.</param>
internal sealed record TorrentTarget(Patron Patron, TorrentStatus Status)
{
    /// <summary>Which torrent.</summary>
    public TorrentId Torrent =>
        TorrentId.TryParse(Status.InfoHash, out TorrentId torrent) ? torrent : throw new ArgumentException("The status has no valid info hash.");

    /// <summary>Its current status, or the last one if it no longer runs.</summary>
    public TorrentStatus Latest => Patron.GetStatus(Torrent) ?? Status;

    /// <summary>Its trackers when it was found.</summary>
    public IEnumerable<TorrentTracker> Trackers => Status.Trackers.Select(tracker => new TorrentTracker(Status, tracker));

    /// <summary>Its web seeds when it was found.</summary>
    public IEnumerable<TorrentWebSeed> WebSeeds => Status.WebSeeds.Select(seed => new TorrentWebSeed(Status, seed));

    /// <summary>Its current files; none while they are unknown.</summary>
    public IEnumerable<TorrentFile> Files => Patron.GetFiles(Torrent).Select(file => new TorrentFile(Status, file));

    /// <summary>Its connected peers.</summary>
    public IEnumerable<TorrentPeer> Peers => Patron.GetPeers(Torrent).Select(peer => new TorrentPeer(Status, peer));

    /// <summary>Its peers that left recently, the latest first.</summary>
    public IEnumerable<ClosedTorrentPeer> ClosedPeers => Patron.GetClosedPeers(Torrent).Select(peer => new ClosedTorrentPeer(Status, peer));
}
