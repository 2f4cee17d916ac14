using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>One file of a torrent and where it lies on disk.</summary>
/// <param name="FullPath">The file's absolute path.</param>
/// <param name="Offset">Where it begins among all the torrent's bytes.</param>
/// <param name="Length">Length in bytes, 0 or more.</param>
/// <param name="IsStored">False for what is never on disk: padding, which reads as zeros, and links.</param>
internal sealed record StorageFile(string FullPath, long Offset, long Length, bool IsStored)
{
    /// <summary>The absolute path with the very names that the torrent gives, where those differ and may lie here; else null.</summary>
    public string? RawPath { get; init; }

    /// <summary>Whether the file lies at its <see cref="RawPath"/>: there it is read, and never written.</summary>
    public bool IsRaw => FullPath == RawPath;

    /// <summary>What the torrent says of it; null: it is not one of a torrent that was read.</summary>
    public TorrentFileEntry? Entry { get; init; }

    /// <summary>What its symbolic link says: a path from the link's own folder on. Null for what is not a link, or is not made.</summary>
    public string? LinkText { get; init; }

    /// <summary>Whether the torrent says of a file with bytes, or without, what is set when it is whole.</summary>
    public bool HasAttributes => IsStored && Entry is { } entry
        && (entry.LastWriteTime is not null || (entry.Attributes & (TorrentFileAttributes.Executable | TorrentFileAttributes.Hidden)) != 0);

    /// <summary>Where it ends: the offset of the first byte that is no longer its own.</summary>
    public long End => Offset + Length;
}
