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
    /// For a <see cref="TorrentFileAttributes.SymbolicLink"/>: the <see cref="Path"/> of the file, link or folder of the torrent that it leads to.
    /// <c>null</c> for a link that leads to nothing in the torrent, in a circle, or to a folder that it lies in: it is not made. And for files.
    /// </summary>
    public string? LinkTarget { get; init; }

    /// <summary>Whether <see cref="LinkTarget"/> is a folder, or a link that leads to one.</summary>
    public bool IsLinkToFolder { get; init; }

    /// <summary>When the file was last written, UTC, to the second, if the torrent says so (<c>mtime</c>).</summary>
    public DateTimeOffset? LastWriteTime { get; init; }

    /// <summary>The SHA-1 of the whole file, 20 bytes (BEP 47); empty if the torrent does not name it. It is a hint: pieces have their own hashes.</summary>
    public ReadOnlyMemory<byte> Sha1 { get; init; }

    /// <summary>
    /// The root of the file's SHA-256 tree, 32 bytes (BEP 52): equal for equal files, in whatever torrent. Empty in a v1 torrent, and for a file
    /// without bytes.
    /// </summary>
    public ReadOnlyMemory<byte> PiecesRoot { get; init; }

    /// <summary>Whether the file only fills a gap with zeros, and is never written, asked for or shown.</summary>
    public bool IsPadding => Attributes.HasFlag(TorrentFileAttributes.Padding);

    /// <summary>Whether it is a symbolic link, which has no bytes.</summary>
    public bool IsLink => Attributes.HasFlag(TorrentFileAttributes.SymbolicLink);
}
