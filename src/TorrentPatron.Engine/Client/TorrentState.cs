namespace TorrentPatron.Engine.Client;

/// <summary>What a torrent is doing.</summary>
public enum TorrentState
{
    /// <summary>Not running: closed.</summary>
    Stopped,

    /// <summary>What is on disk is being hashed.</summary>
    Checking,

    /// <summary>Pieces are missing and are being fetched.</summary>
    Downloading,

    /// <summary>Every wanted piece is there and is given to others.</summary>
    Seeding,

    /// <summary>Known, but told not to run.</summary>
    Suspended,

    /// <summary>Stopped by itself; the status' error says why.</summary>
    Failed,

    /// <summary>What is in the torrent is not known yet and is being asked for (BEP 9).</summary>
    FetchingMetadata,

    /// <summary>Its files are on their way to another folder.</summary>
    Moving,
}
