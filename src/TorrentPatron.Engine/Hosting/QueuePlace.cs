namespace TorrentPatron.Engine.Hosting;

/// <summary>A torrent's place in the queue, and a node of <see cref="QueueOrder"/>. Guarded by the queue; single values are read at any time.</summary>
/// <param name="owner">The torrent; null if nobody follows the place.</param>
internal sealed class QueuePlace(IQueuedTorrent? owner)
{
    /// <summary>The torrent.</summary>
    public IQueuedTorrent? Owner { get; } = owner;

    /// <summary>Places are ordered by this number, the lowest first. New torrents get the time in ticks (UTC), which fits after all earlier ones.</summary>
    public long Key { get; set; }

    /// <summary>Whether it is in the queue: from the torrent's start to its end.</summary>
    public bool IsListed { get; set; }

    /// <summary>What the torrent does when it has its turn.</summary>
    public QueueRole Role { get; set; }

    /// <summary>Whether it has its turn; false also if it does not want one.</summary>
    public bool MayRun { get; set; }

    /// <summary>Whether it has moved no data for a while; it runs, but does not count towards the limit.</summary>
    public bool IsIdle { get; set; }

    /// <summary>The order in which equal keys came.</summary>
    internal long Ordinal { get; set; }

    /// <summary>The tree of the places before it.</summary>
    internal QueuePlace? Left { get; set; }

    /// <summary>The tree of the places after it.</summary>
    internal QueuePlace? Right { get; set; }

    /// <summary>The numbers of torrents in its tree.</summary>
    internal QueueCounts Counts { get; set; }

    /// <summary>The place itself, counted.</summary>
    internal QueueCounts Own => (Role, MayRun) switch
    {
        (QueueRole.Download, false) => new(1, 1, 0, 0, 0),
        (QueueRole.Download, true) when !IsIdle => new(1, 0, 1, 0, 0),
        (QueueRole.Seed, false) => new(1, 0, 0, 1, 0),
        (QueueRole.Seed, true) when !IsIdle => new(1, 0, 0, 0, 1),
        _ => new(1, 0, 0, 0, 0),
    };

    /// <summary>Its rank as a root: the same for each key order, so that the tree stays flat whatever the keys are.</summary>
    internal int Priority => HashCode.Combine(Ordinal);

    /// <summary>Whether it comes before another place.</summary>
    public bool IsBefore(QueuePlace other) => (Key, Ordinal).CompareTo((other.Key, other.Ordinal)) < 0;
}
