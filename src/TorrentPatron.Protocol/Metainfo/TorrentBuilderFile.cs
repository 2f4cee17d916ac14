namespace TorrentPatron.Protocol.Metainfo;

/// <summary>A file for a <see cref="TorrentBuilder"/>.</summary>
/// <param name="Path">Relative to the torrent's folder, with <c>/</c> as separator; <c>null</c> if there is no folder.</param>
/// <param name="Length">Length in bytes; 0 or more.</param>
public sealed record TorrentBuilderFile(string? Path, long Length);
