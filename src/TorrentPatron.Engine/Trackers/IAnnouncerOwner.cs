using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>The torrent as seen by an <see cref="Announcer"/>. Called on any thread without a lock; must not throw.</summary>
internal interface IAnnouncerOwner
{
    /// <summary>Builds an announce with this event over this IP version.</summary>
    AnnounceRequest MakeAnnounce(AnnounceEvent announceEvent, AddressFamily family);

    /// <summary>Takes a tracker's answer with peers.</summary>
    void TakePeers(TrackerSnapshot tracker, AnnounceResponse answer);

    /// <summary>A tracker's state has changed.</summary>
    void TrackerChanged(TrackerSnapshot tracker);

    /// <summary>An internal error occurred; the announcer cannot be relied on any more.</summary>
    void AnnouncerFaulted(Exception fault);
}
