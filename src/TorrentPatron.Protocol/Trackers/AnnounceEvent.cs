namespace TorrentPatron.Protocol.Trackers;

/// <summary>The event of an announce. The numbers are those of UDP trackers (BEP 15).</summary>
public enum AnnounceEvent
{
    /// <summary>A regular announce, because the interval has passed or more peers are wanted.</summary>
    None = 0,

    /// <summary>The download has just become complete.</summary>
    Completed = 1,

    /// <summary>The first announce of a session.</summary>
    Started = 2,

    /// <summary>The peer leaves the swarm.</summary>
    Stopped = 3,
}
