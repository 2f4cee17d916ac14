using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>What a new torrent is to be like.</summary>
public sealed record TorrentMakerOptions
{
    /// <summary>Which format: 1 is read by every program; 2 has a hash for each file (BEP 52); a hybrid is both.</summary>
    public MetainfoVersion Version { get; init; } = MetainfoVersion.V1;

    /// <summary>Bytes of each piece but the last, a power of two from 16 KiB; null: chosen by the size.</summary>
    public int? PieceLength { get; init; }

    /// <summary>
    /// Whether it is said which files are executable (elsewhere than on Windows) or hidden (on Windows), as libtorrent does it (BEP 47).
    /// Without, the same files give the same torrent on every system.
    /// </summary>
    public bool KeepAttributes { get; init; } = true;

    /// <summary>Whether symbolic links become links of the torrent (BEP 47), which must lead to something in the folder; else they are followed.</summary>
    public bool KeepLinks { get; init; }

    /// <summary>Whether it is said when files were last written, to the second.</summary>
    public bool KeepLastWriteTimes { get; init; }

    /// <summary>The torrent's name; null: that of the file or folder.</summary>
    public string? Name { get; init; }

    /// <summary>Addresses to announce to, in tiers (BEP 12).</summary>
    public IReadOnlyList<IReadOnlyList<string>> TrackerTiers { get; init; } = [];

    /// <summary>Addresses that serve the files (BEP 19).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>Whether peers may come from the trackers only (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>A comment; null means none.</summary>
    public string? Comment { get; init; }

    /// <summary>The mark of a private tracker, which changes the info hash; null means none.</summary>
    public string? Source { get; init; }

    /// <summary>Torrents that may share files with this one (BEP 38); they do not change the info hash.</summary>
    public IReadOnlyList<TorrentId> Similar { get; init; } = [];

    /// <summary>Names of the collections that the torrent belongs to (BEP 38), which change the info hash.</summary>
    public IReadOnlyList<string> Collections { get; init; } = [];

    /// <summary>The http or https address where newer torrents will be had (BEP 39), which changes the info hash; null means none.</summary>
    public string? UpdateUrl { get; init; }

    /// <summary>The program that makes the torrent; null: not said.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>When the torrent is made; null: not said, so that the same files give the same torrent.</summary>
    public DateTimeOffset? CreationDate { get; init; }
}
