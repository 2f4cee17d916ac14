using System.Text;

namespace TorrentPatron.Engine.Storage;

/// <summary>Examines files.</summary>
internal static class DiskFile
{
    /// <summary>Whether a path is longer than this system supports.</summary>
    /// <param name="path">An absolute path.</param>
    public static bool IsTooLong(string path) => OperatingSystem.IsWindows()
        ? path.Length > 32_000
        : Encoding.UTF8.GetByteCount(path) > (OperatingSystem.IsLinux() ? 4095 : 1023);

    /// <summary>The stamp of a file; null if it does not exist or cannot be examined. Links are followed.</summary>
    /// <param name="path">The file's path.</param>
    public static FileStamp? Stamp(string path)
    {
        try
        {
            // One system call for ordinary files; links and special files are rare.
            var info = new FileInfo(path);
            if (info.Exists && info.Attributes.HasFlag(FileAttributes.ReparsePoint) && info.LinkTarget is not null)
                info = info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo;
            return info is { Exists: true } ? new FileStamp(info.Length, info.LastWriteTimeUtc) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
