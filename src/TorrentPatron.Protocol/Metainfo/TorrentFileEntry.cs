namespace TorrentPatron.Protocol.Metainfo;

/// <summary>One file of a torrent.</summary>
public sealed record TorrentFileEntry
{
    /// <summary>
    /// Where the file goes, relative to the destination folder, with <c>/</c> as separator. It begins with the torrent's
    /// name, also in a torrent of many files; is safe on every system; and is no other file's, in any case of letters.
    /// A <see cref="IsPadding">padding file</see>'s path is safe but may be another's too, as it is never written.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>The path as the torrent gives it, made fit to be shown, but not to be opened.</summary>
    public required string OriginalPath { get; init; }

    /// <summary>
    /// The path with the very names that the torrent gives, relative to the destination folder, where it differs from <see cref="Path"/> and
    /// could be that of a file below that folder on this system; else <c>null</c>. Only to look for a file that is there: such names may
    /// mean something else, or nothing, elsewhere, and are not fit to be shown.
    /// </summary>
    public string? RawPath { get; init; }

    /// <summary>Length in bytes; 0 or more.</summary>
    public required long Length { get; init; }

    /// <summary>Where the file begins among all the torrent's bytes.</summary>
    public required long Offset { get; init; }

    /// <summary>What else the torrent says of the file (BEP 47).</summary>
    public TorrentFileAttributes Attributes { get; init; }

    /// <summary>
    /// For a <see cref="TorrentFileAttributes.SymbolicLink"/>: what it points to, relative to the destination folder and
    /// safe as <see cref="Path"/> is; not necessarily a file of the torrent. Else <c>null</c>.
    /// </summary>
    public string? LinkTarget { get; init; }

    /// <summary>Whether the file only fills a gap with zeros, and is never written, asked for or shown.</summary>
    public bool IsPadding => Attributes.HasFlag(TorrentFileAttributes.Padding);
}
