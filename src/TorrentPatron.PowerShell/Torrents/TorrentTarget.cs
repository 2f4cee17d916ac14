using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A torrent that runs, and a patron to reach it by.</summary>
/// <param name="Patron">Any patron of the torrent's service.</param>
/// <param name="Status">The torrent as it was when it was found.</param>
internal sealed record TorrentTarget(Patron Patron, TorrentStatus Status)
{
    /// <summary>Which torrent.</summary>
    public TorrentId Torrent { get; } =
        TorrentId.TryParse(Status.InfoHash, out TorrentId torrent) ? torrent : throw new ArgumentException("The status names no torrent.");

    /// <summary>The torrent as it is now; the one that was found, where it no longer runs.</summary>
    public TorrentStatus Latest => Patron.GetStatus(Torrent) ?? Status;

    /// <summary>Its trackers, as they were when it was found.</summary>
    public IEnumerable<TorrentTracker> Trackers => Status.Trackers.Select(tracker => new TorrentTracker(Status, tracker));

    /// <summary>Its web seeds, as they were when it was found.</summary>
    public IEnumerable<TorrentWebSeed> WebSeeds => Status.WebSeeds.Select(seed => new TorrentWebSeed(Status, seed));

    /// <summary>Its files, as they are now; none where they are not known.</summary>
    public IEnumerable<TorrentFile> Files => Patron.GetFiles(Torrent).Select(file => new TorrentFile(Status, file));

    /// <summary>Its connected peers, as they are now.</summary>
    public IEnumerable<TorrentPeer> Peers => Patron.GetPeers(Torrent).Select(peer => new TorrentPeer(Status, peer));

    /// <summary>Its peers that have left last, the latest first.</summary>
    public IEnumerable<ClosedTorrentPeer> ClosedPeers => Patron.GetClosedPeers(Torrent).Select(peer => new ClosedTorrentPeer(Status, peer));
}
