using System.Collections.ObjectModel;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>The result of hashing a torrent's files. Immutable.</summary>
/// <param name="TorrentName">The torrent's name.</param>
/// <param name="InfoHash">The torrent's info hash, as 40 lower-case hexadecimal digits.</param>
/// <param name="IsComplete">Whether every wanted piece is present and correct.</param>
/// <param name="BadPieces">The pieces that counted as present but are wrong or missing.</param>
/// <param name="BadFiles">The files that contain bad pieces, as they are now.</param>
public sealed record TorrentCheck(
    string TorrentName, string InfoHash, bool IsComplete, ReadOnlyCollection<int> BadPieces, ReadOnlyCollection<TorrentFile> BadFiles);
