using System.Collections.ObjectModel;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Storage;

/// <summary>The part of a torrent's data that a folder contains; see <see cref="DataMatcher"/>. Immutable.</summary>
/// <param name="Torrent">The torrent.</param>
/// <param name="Name">The torrent's name.</param>
/// <param name="BadPieces">The pieces with missing or wrong bytes, in order.</param>
/// <param name="Files">The torrent's files without padding and links, in order.</param>
public sealed record DataMatch(TorrentId Torrent, string Name, ReadOnlyCollection<int> BadPieces, ReadOnlyCollection<MatchedFile> Files)
{
    /// <summary>Whether every byte was found.</summary>
    public bool IsComplete => BadPieces.Count == 0;
}
