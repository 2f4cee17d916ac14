namespace TorrentPatron.Engine.Client;

/// <summary>
/// What an engine can do beyond starting and stopping torrents. What it lacks it answers with
/// <see cref="TorrentErrorId.NotSupported"/>, never with a success that is none.
/// </summary>
[Flags]
public enum ClientCapabilities
{
    /// <summary>Nothing more.</summary>
    None = 0,

    /// <summary>Limits of a torrent's own, from the start and changed while it runs (<see cref="TorrentOptions.MaxDownloadRate"/>).</summary>
    TorrentLimits = 1 << 0,

    /// <summary>A torrent stops seeding by itself (<see cref="SeedGoal"/>).</summary>
    SeedGoals = 1 << 1,

    /// <summary>Pieces are fetched in their order on request.</summary>
    Sequential = 1 << 2,

    /// <summary>Files are chosen, before the start and while the torrent runs (<see cref="SetFilePriorities"/>).</summary>
    FilePriorities = 1 << 3,

    /// <summary>A torrent's files go to another folder (<see cref="MoveTorrent"/>).</summary>
    Move = 1 << 4,

    /// <summary>A torrent's files are deleted with it (<see cref="RemoveTorrent"/>).</summary>
    DeleteData = 1 << 5,

    /// <summary>Trackers are removed, and asked at once (<see cref="RemoveTrackers"/>, <see cref="AnnounceNow"/>).</summary>
    ManageTrackers = 1 << 6,

    /// <summary>A check says which pieces it found bad (<see cref="TorrentChecked"/>).</summary>
    BadPieces = 1 << 7,

    /// <summary><see cref="ITorrentClient.GetPeers"/> tells of peers.</summary>
    PeerList = 1 << 8,

    /// <summary><see cref="ITorrentClient.GetFiles"/> tells of files.</summary>
    FileList = 1 << 9,

    /// <summary>A part of the disk is left free (<see cref="TorrentOptions.MinimumFreeSpace"/>).</summary>
    FreeSpace = 1 << 10,

    /// <summary>Settings change while the engine runs (<see cref="ITorrentClient.ApplyAsync"/>).</summary>
    Settings = 1 << 11,

    /// <summary>Torrents start from magnet links (BEP 9).</summary>
    Magnets = 1 << 12,

    /// <summary><see cref="ITorrentClient.GetClosedPeers"/> tells of peers that have left.</summary>
    ClosedPeers = 1 << 13,

    /// <summary>A seed spreads pieces sparingly on request (<see cref="TorrentOptions.SuperSeeding"/>).</summary>
    SuperSeeding = 1 << 14,

    /// <summary>Pieces are fetched from web seeds too (BEP 19).</summary>
    WebSeeds = 1 << 15,
}
