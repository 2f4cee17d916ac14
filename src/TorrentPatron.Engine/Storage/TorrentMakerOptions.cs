using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>The options of a new torrent.</summary>
public sealed record TorrentMakerOptions
{
    /// <summary>
    /// The format: every program reads version 1; version 2 has a hash for each file (BEP 52); a hybrid is both.
    /// </summary>
    public MetainfoVersion Version { get; init; } = MetainfoVersion.V1;

    /// <summary>Bytes of each piece except the last, a power of two, 16 KiB or more; null chooses by size.</summary>
    public int? PieceLength { get; init; }

    /// <summary>
    /// Whether to record which files are executable (except on Windows) or hidden (on Windows), like libtorrent (BEP 47). Without
    /// this, the same files give the same torrent on every system.
    /// </summary>
    public bool KeepAttributes { get; init; } = true;

    /// <summary>
    /// Whether symbolic links become links of the torrent (BEP 47), which must lead to something in the folder; otherwise they
    /// are followed.
    /// </summary>
    public bool KeepLinks { get; init; }

    /// <summary>Whether to record the files' last-write times, to the second.</summary>
    public bool KeepLastWriteTimes { get; init; }

    /// <summary>The torrent's name; null means the name of the file or folder.</summary>
    public string? Name { get; init; }

    /// <summary>Announce addresses, in tiers (BEP 12).</summary>
    public IReadOnlyList<IReadOnlyList<string>> TrackerTiers { get; init; } = [];

    /// <summary>Web seed addresses (BEP 19).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>Whether it is private: peers come only from its trackers (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>A comment; null means none.</summary>
    public string? Comment { get; init; }

    /// <summary>A private tracker's source tag, which changes the info hash; null means none.</summary>
    public string? Source { get; init; }

    /// <summary>Torrents that may share files with this one (BEP 38); they do not change the info hash.</summary>
    public IReadOnlyList<TorrentId> Similar { get; init; } = [];

    /// <summary>The torrent's collections (BEP 38), which change the info hash.</summary>
    public IReadOnlyList<string> Collections { get; init; } = [];

    /// <summary>The http or https address of newer versions (BEP 39), which changes the info hash; null means none.</summary>
    public string? UpdateUrl { get; init; }

    /// <summary>The program that creates the torrent; null omits it.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>The creation date; null omits it, so that the same files give the same torrent.</summary>
    public DateTimeOffset? CreationDate { get; init; }
}
