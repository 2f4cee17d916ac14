namespace TorrentPatron.Engine.Client;

/// <summary>How a torrent stands with one of its trackers.</summary>
public enum TrackerStatus
{
    /// <summary>Not asked yet: another one of its tier is working, or the torrent has not been started.</summary>
    NotContacted,

    /// <summary>An announce is under way.</summary>
    Announcing,

    /// <summary>The last announce was answered.</summary>
    Working,

    /// <summary>The last announce was answered, with a warning.</summary>
    Warning,

    /// <summary>The last announce failed; it will be tried again.</summary>
    Failed,
}
