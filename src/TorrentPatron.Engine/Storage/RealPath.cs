using System.Runtime.Versioning;

namespace TorrentPatron.Engine.Storage;

/// <summary>Resolves links in paths.</summary>
internal static class RealPath
{
    /// <summary>The same limit as in Linux.</summary>
    private const int MostLinks = 40;

    /// <summary>A path with all links resolved; as far as possible if there are too many.</summary>
    /// <param name="path">An absolute path.</param>
    public static string Of(string path) =>
        (OperatingSystem.IsWindows() ? OfWindows(path) : PosixFiles.AreSupported ? PosixFiles.RealPath(path) : null) ?? Follow(path);

    /// <summary>
    /// On Windows the existing part has the letter case of the disk, with drive letters resolved; the rest of the path is
    /// unchanged.
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
