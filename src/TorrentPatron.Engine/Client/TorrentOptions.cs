using System.Collections.ObjectModel;

namespace TorrentPatron.Engine.Client;

/// <summary>
/// A torrent's options. Null leaves an option unchanged: a start uses the saved value, or the default given here if nothing was
/// saved.
/// </summary>
public sealed record TorrentOptions
{
    /// <summary>Changes nothing.</summary>
    public static TorrentOptions Unchanged { get; } = new();

    /// <summary>The torrent's own download limit, bytes/s; takes effect at once; 0, the default, means no limit.</summary>
    public long? MaxDownloadRate { get; init; }

    /// <summary>The torrent's own upload limit, bytes/s; takes effect at once; 0, the default, means no limit.</summary>
    public long? MaxUploadRate { get; init; }

    /// <summary>
    /// When it has seeded enough; default: never. A new goal counts from the beginning, even after an earlier one was reached.
    /// </summary>
    public SeedGoal? Goal { get; init; }

    /// <summary>Whether pieces are downloaded in order; default: no.</summary>
    public bool? Sequential { get; init; }

    /// <summary>
    /// Whether it super-seeds (BEP 16) while it has every piece: it reveals pieces to peers one at a time, so that about one copy
    /// leaves it. This ends when another seed appears, until the torrent is started or resumed again. Default: no.
    /// </summary>
    public bool? SuperSeeding { get; init; }

    /// <summary>
    /// Whether the torrent only seeds: it downloads nothing and creates and writes no file. If data is missing or wrong it fails
    /// with <see cref="TorrentErrorId.DataIncomplete"/>. Default: no.
    /// </summary>
    public bool? SeedOnly { get; init; }

    /// <summary>The user's tags, replacing the earlier ones; default: none.</summary>
    public ReadOnlyCollection<string>? Tags { get; init; }

    /// <summary>Tags to add; null means none.</summary>
    public IReadOnlyList<string>? AddTags { get; init; }

    /// <summary>Tags to remove, or patterns of tags (<see cref="NamePattern"/>); null means none.</summary>
    public IReadOnlyList<string>? RemoveTags { get; init; }

    /// <summary>
    /// The position in the queue to move to: 1 is the first, and a number above that of the torrents means the last. The other
    /// torrents move up or down. Default: the last.
    /// </summary>
    public int? QueuePosition { get; init; }

    /// <summary>
    /// Bytes that must stay free on the destination's volume, 0 or more; default: 0. Checked before the first byte and while the
    /// torrent downloads; below it the torrent fails with <see cref="TorrentErrorId.InsufficientDiskSpace"/>.
    /// </summary>
    public long? MinimumFreeSpace { get; init; }
}
