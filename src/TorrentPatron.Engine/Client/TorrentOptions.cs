using System.Collections.ObjectModel;

namespace TorrentPatron.Engine.Client;

/// <summary>
/// How a torrent is to be treated. What is null stays as it is: in a start, as it was saved or, where nothing was, as it is said
/// here.
/// </summary>
public sealed record TorrentOptions
{
    /// <summary>Nothing is to be other.</summary>
    public static TorrentOptions Unchanged { get; } = new();

    /// <summary>The torrent's own limit on what it receives, bytes/s, which holds at once; 0: none, as it is else.</summary>
    public long? MaxDownloadRate { get; init; }

    /// <summary>The torrent's own limit on what it sends, bytes/s, which holds at once; 0: none, as it is else.</summary>
    public long? MaxUploadRate { get; init; }

    /// <summary>When it has seeded enough; else never. A new goal counts anew, also after an earlier one was reached.</summary>
    public SeedGoal? Goal { get; init; }

    /// <summary>Whether pieces are fetched in their order; else not.</summary>
    public bool? Sequential { get; init; }

    /// <summary>
    /// Whether it super-seeds (BEP 16) while it has every piece: peers are told of one piece after the other, so that the first copy leaves it
    /// about once. It ends when another seed is met, until the torrent is started or resumed again. Else not.
    /// </summary>
    public bool? SuperSeeding { get; init; }

    /// <summary>
    /// Whether the torrent only gives what is there: nothing is downloaded and no file is made or written. Where something is missing or
    /// wrong it stops with <see cref="TorrentErrorId.DataIncomplete"/>. Else not.
    /// </summary>
    public bool? SeedOnly { get; init; }

    /// <summary>What its user calls it by, in place of what was before; else nothing.</summary>
    public ReadOnlyCollection<string>? Tags { get; init; }

    /// <summary>What its user calls it by besides; null: nothing more.</summary>
    public IReadOnlyList<string>? AddTags { get; init; }

    /// <summary>What its user does not call it by any more: tags, or patterns of tags (<see cref="NamePattern"/>); null: nothing less.</summary>
    public IReadOnlyList<string>? RemoveTags { get; init; }

    /// <summary>
    /// Bytes that must stay free on the destination's volume, 0 or more; else 0. Looked at before the first byte and while the
    /// torrent downloads; where they are not free it stops with <see cref="TorrentErrorId.InsufficientDiskSpace"/>.
    /// </summary>
    public long? MinimumFreeSpace { get; init; }
}
