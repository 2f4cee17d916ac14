using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Storage;

/// <summary>What was deleted of a torrent's files.</summary>
/// <param name="Files">Number of files that were deleted.</param>
/// <param name="Bytes">Their length in all.</param>
/// <param name="Warnings">What was left, and why.</param>
public sealed record ErasedData(int Files, long Bytes, ReadOnlyCollection<TorrentError> Warnings)
{
    /// <summary>Nothing was to be deleted.</summary>
    public static ErasedData Nothing { get; } = new(0, 0, []);
}
