using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>What an <see cref="Announcer"/> asks and tells of its torrent. Called on any thread without a lock; must not throw.</summary>
internal interface IAnnouncerOwner
{
    /// <summary>Tells how the torrent stands, for an announce of this event over this IP version.</summary>
    AnnounceRequest MakeAnnounce(AnnounceEvent announceEvent, AddressFamily family);

    /// <summary>Takes the answer of a tracker that named peers.</summary>
    void TakePeers(TrackerSnapshot tracker, AnnounceResponse answer);

    /// <summary>A tracker's state has changed.</summary>
    void TrackerChanged(TrackerSnapshot tracker);

    /// <summary>Nobody expected this; the announcer is not to be relied on any more.</summary>
    void AnnouncerFaulted(Exception fault);
}
