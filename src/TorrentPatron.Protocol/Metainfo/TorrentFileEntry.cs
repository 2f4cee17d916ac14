namespace TorrentPatron.Protocol.Metainfo;

/// <summary>One file of a torrent.</summary>
public sealed record TorrentFileEntry
{
    /// <summary>
    /// The file's path relative to the destination, with <c>/</c> as separator. It begins with the torrent's name, even in a
    /// torrent of many files; it is safe on every system; and it is unique, ignoring case. The path of a
    /// <see cref="IsPadding">padding file</see> is safe but may not be unique, because it is never written.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>The torrent's original path, made safe to show, but not to open.</summary>
    public required string OriginalPath { get; init; }

    /// <summary>
    /// The path with the torrent's original names, relative to the destination, if it differs from <see cref="Path"/> and a file
    /// below the destination could have it on this system; else <c>null</c>. Use it only to find an existing file: such names may
    /// mean something else elsewhere, and are not safe to show.
    /// </summary>
    public string? RawPath { get; init; }

    /// <summary>Length in bytes; 0 or more.</summary>
    public required long Length { get; init; }

    /// <summary>The file's offset among all the torrent's bytes.</summary>
    public required long Offset { get; init; }

    /// <summary>The file's attributes (BEP 47).</summary>
    public TorrentFileAttributes Attributes { get; init; }

    /// <summary>
    /// For a <see cref="TorrentFileAttributes.SymbolicLink"/>: the <see cref="Path"/> of its target file, link or folder in the
    /// torrent. <c>null</c> if the target is not in the torrent, is circular, or is a folder that contains the link: then the
    /// link is not created. Also <c>null</c> for files.
    /// </summary>
    public string? LinkTarget { get; init; }

    /// <summary>Whether <see cref="LinkTarget"/> is a folder, or a link that leads to one.</summary>
    public bool IsLinkToFolder { get; init; }

    /// <summary>The file's last-write time, UTC, to the second, if the torrent has it (<c>mtime</c>).</summary>
    public DateTimeOffset? LastWriteTime { get; init; }

    /// <summary>
    /// The SHA-1 of the whole file, 20 bytes (BEP 47); empty if the torrent does not have it. It is a hint: pieces have their own
    /// hashes.
    /// </summary>
    public ReadOnlyMemory<byte> Sha1 { get; init; }

    /// <summary>
    /// The root of the file's SHA-256 tree, 32 bytes (BEP 52): equal for equal files in any torrent. Empty in a v1 torrent, and
    /// for an empty file.
    /// </summary>
    public ReadOnlyMemory<byte> PiecesRoot { get; init; }

    /// <summary>Whether the file is padding, which is never written, requested or shown.</summary>
    public bool IsPadding => Attributes.HasFlag(TorrentFileAttributes.Padding);

    /// <summary>Whether it is a symbolic link, which has no bytes.</summary>
    public bool IsLink => Attributes.HasFlag(TorrentFileAttributes.SymbolicLink);
}
