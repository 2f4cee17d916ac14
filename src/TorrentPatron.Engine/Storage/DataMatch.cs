using System.Collections.ObjectModel;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Storage;

/// <summary>What a folder has of a torrent's data; see <see cref="DataMatcher"/>. Immutable.</summary>
/// <param name="Torrent">The torrent.</param>
/// <param name="Name">The torrent's name.</param>
/// <param name="BadPieces">The pieces of which bytes are missing or wrong, in their order.</param>
/// <param name="Files">The torrent's files but for padding and links, in its order.</param>
public sealed record DataMatch(TorrentId Torrent, string Name, ReadOnlyCollection<int> BadPieces, ReadOnlyCollection<MatchedFile> Files)
{
    /// <summary>Whether every byte is there.</summary>
    public bool IsComplete => BadPieces.Count == 0;
}
