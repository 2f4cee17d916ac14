namespace TorrentPatron.Engine.Client;

/// <summary>What a torrent is doing.</summary>
public enum TorrentState
{
    /// <summary>Closed.</summary>
    Stopped,

    /// <summary>The data on disk is being hashed.</summary>
    Checking,

    /// <summary>Missing pieces are being downloaded.</summary>
    Downloading,

    /// <summary>Every wanted piece is verified and offered to peers.</summary>
    Seeding,

    /// <summary>Known, but not running, at the user's request.</summary>
    Suspended,

    /// <summary>Stopped by an error; see the status's error.</summary>
    Failed,

    /// <summary>The metadata is being fetched from peers (BEP 9).</summary>
    FetchingMetadata,

    /// <summary>Its files are being moved to another folder.</summary>
    Moving,

    /// <summary>
    /// Waiting for its turn, because enough torrents are active: see <see cref="ClientSettings.MaxActiveDownloads"/> and
    /// <see cref="ClientSettings.MaxActiveSeeds"/>.
    /// </summary>
    Queued,
}
