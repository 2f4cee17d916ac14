using System.Runtime.Versioning;

namespace TorrentPatron.Engine.Storage;

/// <summary>Where files really lie, once every link is followed.</summary>
internal static class RealPath
{
    /// <summary>As many as Linux follows.</summary>
    private const int MostLinks = 40;

    /// <summary>A path with every link in it followed; as far as can be, where there are too many.</summary>
    /// <param name="path">An absolute path.</param>
    public static string Of(string path) =>
        (OperatingSystem.IsWindows() ? OfWindows(path) : PosixFiles.AreThere ? PosixFiles.RealPath(path) : null) ?? Follow(path);

    /// <summary>
    /// Windows tells it of what is there, with the letter case of the disk and whatever a drive letter stands for; the rest of a path is as it is.
    /// </summary>
    [SupportedOSPlatform("windows")]
    private static string? OfWindows(string path)
    {
        string whole = Path.TrimEndingDirectorySeparator(path);
        for (string? at = whole; at is not null; at = Path.GetDirectoryName(at))
        {
            if (Path.Exists(at))
                return WindowsFiles.FinalPath(at) is { } real ? Path.TrimEndingDirectorySeparator(Path.Join(real, whole[at.Length..])) : null;
        }

        return null;
    }

    private static string Follow(string path)
    {
        string real = Path.GetPathRoot(path)!;
        var rest = new Stack<string>(Elements(path).Reverse());
        for (int links = 0; rest.TryPop(out string? element);)
        {
            string next = Path.Combine(real, element);
            if (links >= MostLinks || new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            links++;
            string full = Path.GetFullPath(Path.Combine(real, target));
            foreach (string inner in Elements(full).Reverse())
                rest.Push(inner);
            real = Path.GetPathRoot(full)!;
        }

        return real;
    }

    private static string[] Elements(string path) => path[Path.GetPathRoot(path)!.Length..]
        .Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
}
