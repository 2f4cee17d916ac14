namespace TorrentPatron.Engine.Storage;

/// <summary>Where files really lie, once every link is followed.</summary>
internal static class RealPath
{
    /// <summary>As many as Linux follows.</summary>
    private const int MostLinks = 40;

    /// <summary>A path with every link in it followed; as far as can be, where there are too many.</summary>
    /// <param name="path">An absolute path.</param>
    public static string Of(string path)
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
