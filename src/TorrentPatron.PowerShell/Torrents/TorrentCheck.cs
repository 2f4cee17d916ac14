using System.Collections.ObjectModel;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>What hashing a torrent's files has found. Immutable.</summary>
/// <param name="TorrentName">The torrent's name.</param>
/// <param name="InfoHash">The torrent's info hash, as 40 lower-case hexadecimal digits.</param>
/// <param name="IsComplete">Whether every wanted piece is there, and as it should be.</param>
/// <param name="BadPieces">The pieces that counted as there and are not: other bytes, or none.</param>
/// <param name="BadFiles">The files that bad pieces lie in, as they stand now.</param>
public sealed record TorrentCheck(
    string TorrentName, string InfoHash, bool IsComplete, ReadOnlyCollection<int> BadPieces, ReadOnlyCollection<TorrentFile> BadFiles);
