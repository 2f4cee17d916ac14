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

    /// <summary>Where it ends: the offset of the first byte that is no longer its own.</summary>
    public long End => Offset + Length;
}
