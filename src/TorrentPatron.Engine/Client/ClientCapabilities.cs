namespace TorrentPatron.Engine.Client;

/// <summary>
/// The optional features of an engine. It answers unsupported commands with <see cref="TorrentErrorId.NotSupported"/>.
/// </summary>
[Flags]
public enum ClientCapabilities
{
    /// <summary>No optional feature.</summary>
    None = 0,

    /// <summary>Rate limits for single torrents, at the start and later (<see cref="TorrentOptions.MaxDownloadRate"/>).</summary>
    TorrentLimits = 1 << 0,

    /// <summary>A torrent stops seeding by itself (<see cref="SeedGoal"/>).</summary>
    SeedGoals = 1 << 1,

    /// <summary>Sequential download.</summary>
    Sequential = 1 << 2,

    /// <summary>File selection, before the start and while the torrent runs (<see cref="SetFilePriorities"/>).</summary>
    FilePriorities = 1 << 3,

    /// <summary>Moving a torrent's files to another folder (<see cref="MoveTorrent"/>).</summary>
    Move = 1 << 4,

    /// <summary>Deleting a torrent's files with it (<see cref="RemoveTorrent"/>).</summary>
    DeleteData = 1 << 5,

    /// <summary>Removing trackers and announcing at once (<see cref="RemoveTrackers"/>, <see cref="AnnounceNow"/>).</summary>
    ManageTrackers = 1 << 6,

    /// <summary>A check reports the bad pieces it found (<see cref="TorrentChecked"/>).</summary>
    BadPieces = 1 << 7,

    /// <summary><see cref="ITorrentClient.GetPeers"/> lists peers.</summary>
    PeerList = 1 << 8,

    /// <summary><see cref="ITorrentClient.GetFiles"/> lists files.</summary>
    FileList = 1 << 9,

    /// <summary>Keeping part of the disk free (<see cref="TorrentOptions.MinimumFreeSpace"/>).</summary>
    FreeSpace = 1 << 10,

    /// <summary>Changing settings while the engine runs (<see cref="ITorrentClient.ApplyAsync"/>).</summary>
    Settings = 1 << 11,

    /// <summary>Starting torrents from magnet links (BEP 9).</summary>
    Magnets = 1 << 12,

    /// <summary><see cref="ITorrentClient.GetClosedPeers"/> lists closed connections.</summary>
    ClosedPeers = 1 << 13,

    /// <summary>Super-seeding (<see cref="TorrentOptions.SuperSeeding"/>).</summary>
    SuperSeeding = 1 << 14,

    /// <summary>Web seeds (BEP 19).</summary>
    WebSeeds = 1 << 15,
}
