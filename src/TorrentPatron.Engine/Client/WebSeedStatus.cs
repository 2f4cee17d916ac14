namespace TorrentPatron.Engine.Client;

/// <summary>The status of a web seed for one torrent.</summary>
public enum WebSeedStatus
{
    /// <summary>Not in use: the torrent needs nothing from it, or is not active.</summary>
    Idle,

    /// <summary>A request is in progress.</summary>
    Downloading,

    /// <summary>It failed or asked for a delay; the engine will retry later.</summary>
    Waiting,

    /// <summary>It does not have the torrent's files. The engine retries only after the torrent is resumed.</summary>
    Failed,

    /// <summary>It sent corrupt data and is not used any more.</summary>
    Banned,
}
