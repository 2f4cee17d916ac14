namespace TorrentPatron.PowerShell.Tests.Module;

/// <summary>The locations of files that belong to the assemblies.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string StagedModule => Path.Combine(Root, "module", "TorrentPatron");

    public static string PesterTests => Path.Combine(Root, "tests", "Pester");

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "TorrentPatron.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
