namespace TorrentPatron.Engine.Client;

/// <summary>How a torrent stands with one of its web seeds.</summary>
public enum WebSeedStatus
{
    /// <summary>It is not asked for anything now: the torrent needs nothing of it, or does not run.</summary>
    Idle,

    /// <summary>It is being asked, or sends.</summary>
    Downloading,

    /// <summary>It has failed, or has asked for patience, and is asked again later.</summary>
    Waiting,

    /// <summary>It is not asked again before the torrent is resumed: it does not have the files, or not these.</summary>
    Failed,

    /// <summary>It has sent wrong data and is not asked any more.</summary>
    Banned,
}
