using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Service.State;

/// <summary>
/// Recognises a file that was read before without reading it again. A file that was written just before it was read is not recognised:
/// file systems store times in steps of up to two seconds, so that a later write may leave the same stamp.
/// </summary>
internal static class FileStamps
{
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(3);

    /// <summary>The stamp of the file at a path; null if nothing exists there.</summary>
    /// <param name="path">The path.</param>
    public static FileStamp? Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new FileStamp(file.Length, file.LastWriteTimeUtc) : null;
    }

    /// <summary>The stamp if every later write will change it; null if a later write may leave the same one.</summary>
    /// <param name="stamp">The stamp.</param>
    public static FileStamp? Lasting(FileStamp stamp) =>
        WallTime.Now(TimeProvider.System).UtcDateTime - stamp.LastWrite is var age && age > LongestStep ? stamp : null;
}
