using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>Rejects destinations that can never be a folder.</summary>
public static class DestinationPath
{
    /// <summary>Says why a path cannot be the destination of a torrent.</summary>
    /// <param name="destination">The path as given, or made absolute.</param>
    /// <returns>The error; null if it can.</returns>
    public static TorrentError? Refuse(string destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return Refuse(destination, OperatingSystem.IsWindows());
    }

    /// <summary>With the rules of Windows, where some names are devices, or without.</summary>
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
