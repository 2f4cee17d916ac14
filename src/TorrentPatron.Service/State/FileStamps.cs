using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Service.State;

/// <summary>
/// Tells without reading it whether a file is still the one that was read. A file that was written just before it was read is not recognised:
/// file systems tell time in steps of up to two seconds, so that what is written next may have the same stamp.
/// </summary>
internal static class FileStamps
{
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(3);

    /// <summary>The stamp of what is at a path; null: nothing is there.</summary>
    /// <param name="path">The path.</param>
    public static FileStamp? Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new FileStamp(file.Length, file.LastWriteTimeUtc) : null;
    }

    /// <summary>A stamp of just now, where whatever is written from now on has a different one; else null.</summary>
    /// <param name="stamp">The stamp.</param>
    public static FileStamp? Lasting(FileStamp stamp) =>
        WallTime.Now(TimeProvider.System).UtcDateTime - stamp.LastWrite is var age && age > LongestStep ? stamp : null;
}
