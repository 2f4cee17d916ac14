using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>One file of a torrent and its location on disk.</summary>
/// <param name="FullPath">The file's absolute path.</param>
/// <param name="Offset">Its offset among all the torrent's bytes.</param>
/// <param name="Length">Length in bytes, 0 or more.</param>
/// <param name="IsStored">False for files never stored on disk: padding, which reads as zeros, and links.</param>
internal sealed record StorageFile(string FullPath, long Offset, long Length, bool IsStored)
{
    /// <summary>
    /// The absolute path with the torrent's original names, if they differ from the safe ones and the file may be there; else
    /// null.
    /// </summary>
    public string? RawPath { get; init; }

    /// <summary>Whether the file is at its <see cref="RawPath"/>, where it is read and never written.</summary>
    public bool IsRaw => FullPath == RawPath;

    /// <summary>Its entry in the torrent; null if it is not from a torrent's metainfo.</summary>
    public TorrentFileEntry? Entry { get; init; }

    /// <summary>
    /// Its symbolic link's target text, relative to the link's folder. Null if it is not a link, or is not created.
    /// </summary>
    public string? LinkText { get; init; }

    /// <summary>Whether a stored file has attributes to set when it is complete.</summary>
    public bool HasAttributes => IsStored && Entry is { } entry
        && (entry.LastWriteTime is not null || (entry.Attributes & (TorrentFileAttributes.Executable | TorrentFileAttributes.Hidden)) != 0);

    /// <summary>Its end: the offset of the first byte after it.</summary>
    public long End => Offset + Length;
}
