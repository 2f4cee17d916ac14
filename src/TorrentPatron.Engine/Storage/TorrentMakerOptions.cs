namespace TorrentPatron.Engine.Storage;

/// <summary>What a new torrent is to be like.</summary>
public sealed record TorrentMakerOptions
{
    /// <summary>Bytes of each piece but the last, a power of two from 16 KiB; null: chosen by the size.</summary>
    public int? PieceLength { get; init; }

    /// <summary>The torrent's name; null: that of the file or folder.</summary>
    public string? Name { get; init; }

    /// <summary>Addresses to announce to, in tiers (BEP 12).</summary>
    public IReadOnlyList<IReadOnlyList<string>> TrackerTiers { get; init; } = [];

    /// <summary>Addresses that serve the files (BEP 19).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>Whether peers may come from the trackers only (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>A comment; null: none.</summary>
    public string? Comment { get; init; }

    /// <summary>The mark of a private tracker, which changes the info hash; null: none.</summary>
    public string? Source { get; init; }

    /// <summary>The program that makes the torrent; null: not said.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>When the torrent is made; null: not said, so that the same files give the same torrent.</summary>
    public DateTimeOffset? CreationDate { get; init; }
}
