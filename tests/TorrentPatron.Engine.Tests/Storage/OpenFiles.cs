using System.Globalization;

namespace TorrentPatron.Engine.Tests.Storage;

/// <summary>The files that this process has open, as Linux reports them.</summary>
internal static class OpenFiles
{
    private const int WriteOnly = 1, ReadWrite = 2;

    /// <summary>The files below a folder that are open for writing.</summary>
    public static IReadOnlyList<string> ForWriting(string folder) => Find(folder, isForWriting: true);

    /// <summary>The files below a folder that are open.</summary>
    public static IReadOnlyList<string> Open(string folder) => Find(folder, isForWriting: false);

    private static List<string> Find(string folder, bool isForWriting)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux reports which files are open.");
        var found = new List<string>();
        foreach (string descriptor in Directory.GetFileSystemEntries("/proc/self/fd"))
        {
            try
            {
                if (new FileInfo(descriptor).LinkTarget is { } path && path.StartsWith(folder + "/", StringComparison.Ordinal)
                    && (!isForWriting || IsForWriting(descriptor)))
                    found.Add(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It was closed meanwhile.
            }
        }

        return found;
    }

    private static bool IsForWriting(string descriptor)
    {
        string flags = File.ReadLines(descriptor.Replace("/fd/", "/fdinfo/", StringComparison.Ordinal))
            .First(line => line.StartsWith("flags:", StringComparison.Ordinal));
        return (int.Parse(flags.AsSpan(flags.Length - 1), CultureInfo.InvariantCulture) & (WriteOnly | ReadWrite)) != 0;
    }
}
