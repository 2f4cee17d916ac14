namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A torrent that is known no more. Immutable.</summary>
/// <param name="TorrentName">The torrent's name.</param>
/// <param name="InfoHash">The torrent's info hash, as 40 lower-case hexadecimal digits.</param>
/// <param name="FilesDeleted">How many of its files were deleted.</param>
/// <param name="BytesDeleted">Their length in all.</param>
public sealed record TorrentRemoval(string TorrentName, string InfoHash, int FilesDeleted, long BytesDeleted);
