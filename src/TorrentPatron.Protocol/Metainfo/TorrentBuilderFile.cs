namespace TorrentPatron.Protocol.Metainfo;

/// <summary>A file for a <see cref="TorrentBuilder"/>.</summary>
/// <param name="Path">Relative to the torrent's folder, with <c>/</c> as separator; <c>null</c> if there is no folder.</param>
/// <param name="Length">Length in bytes; 0 or more, and 0 for a link.</param>
public sealed record TorrentBuilderFile(string? Path, long Length)
{
    /// <summary>The file's attributes (BEP 47): executable, hidden, a link.</summary>
    public TorrentFileAttributes Attributes { get; init; }

    /// <summary>
    /// For a <see cref="TorrentFileAttributes.SymbolicLink"/>: its target file or folder, relative to the torrent's folder.
    /// </summary>
    public string? LinkTarget { get; init; }

    /// <summary>The last-write time; <c>null</c> omits it.</summary>
    public DateTimeOffset? LastWriteTime { get; init; }
}
