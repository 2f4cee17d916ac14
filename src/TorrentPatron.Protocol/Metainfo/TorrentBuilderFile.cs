namespace TorrentPatron.Protocol.Metainfo;

/// <summary>A file for a <see cref="TorrentBuilder"/>.</summary>
/// <param name="Path">Relative to the torrent's folder, with <c>/</c> as separator; <c>null</c> if there is no folder.</param>
/// <param name="Length">Length in bytes; 0 or more, and 0 for a link.</param>
public sealed record TorrentBuilderFile(string? Path, long Length)
{
    /// <summary>What else is to be said of the file (BEP 47): executable, hidden, a link.</summary>
    public TorrentFileAttributes Attributes { get; init; }

    /// <summary>For a <see cref="TorrentFileAttributes.SymbolicLink"/>: the file or folder that it leads to, relative to the torrent's folder.</summary>
    public string? LinkTarget { get; init; }

    /// <summary>When it was last written; <c>null</c>: not said.</summary>
    public DateTimeOffset? LastWriteTime { get; init; }
}
