namespace TorrentPatron.Interop.Tests.Tools;

/// <summary>Finds other programs. A test whose program is missing is skipped by name.</summary>
internal static class Tool
{
    private static readonly Lazy<string?> LibtorrentPython = new(FindLibtorrentPython);

    /// <summary>The full path of a program; skips the test if it is not installed.</summary>
    public static string Require(string name)
    {
        string? path = Find(name);
        Assert.SkipWhen(path is null, $"{name} not found");
        return path!;
    }

    /// <summary>A Python with libtorrent; skips the test if there is none.</summary>
    public static string RequireLibtorrent()
    {
        Assert.SkipWhen(LibtorrentPython.Value is null, "python3-libtorrent not found");
        return LibtorrentPython.Value!;
    }

    /// <summary>The node_modules folder with WebTorrent; skips the test if there is none.</summary>
    public static string RequireWebTorrent()
    {
        string? modules = Environment.GetEnvironmentVariable("TORRENTPATRON_NODE_MODULES");
        Assert.SkipWhen(modules is null || !Directory.Exists(Path.Combine(modules, "webtorrent")), "webtorrent not found (TORRENTPATRON_NODE_MODULES)");
        return Path.GetFullPath(modules!);
    }

    /// <summary>A script in the folder Python.</summary>
    public static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Python", name);

    private static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);

    private static string? FindLibtorrentPython()
    {
        // Only the distribution's Python finds the distribution's package; it may not be the first on the PATH.
        string?[] candidates = ["/usr/bin/python3", Find("python3")];
        return candidates.OfType<string>().Where(File.Exists).FirstOrDefault(python =>
        {
            using var process = System.Diagnostics.Process.Start(
                new System.Diagnostics.ProcessStartInfo(python, ["-c", "import libtorrent"]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        });
    }
}
