namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A removed torrent. Immutable.</summary>
/// <param name="TorrentName">The torrent's name.</param>
/// <param name="InfoHash">The torrent's info hash, as 40 lower-case hexadecimal digits.</param>
/// <param name="FilesDeleted">Number of its files that were deleted.</param>
/// <param name="BytesDeleted">Their total length in bytes.</param>
public sealed record TorrentRemoval(string TorrentName, string InfoHash, int FilesDeleted, long BytesDeleted);
