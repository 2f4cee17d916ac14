using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>Tells destinations in which no folder can be, whatever the disk says.</summary>
public static class DestinationPath
{
    /// <summary>Says why a path cannot be the destination of a torrent.</summary>
    /// <param name="destination">The path as it was given, or made absolute.</param>
    /// <returns>Null where it can.</returns>
    public static TorrentError? Refuse(string destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return Refuse(destination, OperatingSystem.IsWindows());
    }

    /// <summary>As it would be on Windows, where some names are those of devices, or not.</summary>
    internal static TorrentError? Refuse(string destination, bool isWindows)
    {
        if (!isWindows)
            return null;
        string path = destination.Replace('/', '\\');
        string given = DisplayText.Clean(destination);
        bool isDevicePath = path.StartsWith(@"\\?\", StringComparison.Ordinal) || path.StartsWith(@"\\.\", StringComparison.Ordinal)
            || path.StartsWith(@"\??\", StringComparison.Ordinal);
        string[] elements = (isDevicePath ? path[4..] : path).Split('\\', StringSplitOptions.RemoveEmptyEntries);
        if (Array.Find(elements, PathSanitizer.IsDeviceName) is { } device)
        {
            return new TorrentError(
                TorrentErrorId.DestinationNotWritable, $"The destination '{given}' cannot be a folder: '{DisplayText.Clean(device)}' is a device on Windows.",
                "Choose a folder with another name.");
        }

        return isDevicePath
            ? new TorrentError(
                TorrentErrorId.DestinationNotWritable, $"The destination '{given}' is a device path, which is not supported.",
                @"Use the form C:\folder or \\server\share\folder; long paths need no prefix.")
            : null;
    }
}
