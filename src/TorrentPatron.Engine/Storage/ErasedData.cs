using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Storage;

/// <summary>The result of deleting a torrent's files.</summary>
/// <param name="Files">The number of files deleted.</param>
/// <param name="Bytes">Their total length, bytes.</param>
/// <param name="Warnings">The items that were kept, and why.</param>
public sealed record ErasedData(int Files, long Bytes, ReadOnlyCollection<TorrentError> Warnings)
{
    /// <summary>Nothing to delete.</summary>
    public static ErasedData Nothing { get; } = new(0, 0, []);
}
