namespace TorrentPatron.Engine.Client;

/// <summary>The status of a tracker for one torrent.</summary>
public enum TrackerStatus
{
    /// <summary>Not contacted yet: another tracker of its tier works, or the torrent has not been started.</summary>
    NotContacted,

    /// <summary>An announce is in progress.</summary>
    Announcing,

    /// <summary>The last announce was answered.</summary>
    Working,

    /// <summary>The last announce was answered, with a warning.</summary>
    Warning,

    /// <summary>The last announce failed; it will be retried.</summary>
    Failed,
}
