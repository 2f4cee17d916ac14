using System.Text;

namespace TorrentPatron.Engine.Storage;

/// <summary>How files are looked at.</summary>
internal static class DiskFile
{
    /// <summary>Whether a path is longer than this system takes.</summary>
    /// <param name="path">An absolute path.</param>
    public static bool IsTooLong(string path) => OperatingSystem.IsWindows()
        ? path.Length > 32_000
        : Encoding.UTF8.GetByteCount(path) > (OperatingSystem.IsLinux() ? 4095 : 1023);

    /// <summary>How a file is; null where there is none or it cannot be looked at. A link is followed.</summary>
    /// <param name="path">The file's path.</param>
    public static FileStamp? Stamp(string path)
    {
        try
        {
            // One call to the system for a file that is none of the rare ones: links, and what else is no plain file.
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
