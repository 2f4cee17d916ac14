namespace TorrentPatron.Service.Automation;

/// <summary>Finds the PowerShell that runs hooks: the host of the service, or else the one in PATH.</summary>
internal static class PowerShellProgram
{
    private const string Library = "pwsh.dll";

    private static string FileName => OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh";

    /// <summary>Finds it.</summary>
    /// <returns>The program and its first arguments; null if there is none.</returns>
    public static IReadOnlyList<string>? Find() => Find(
        Environment.ProcessPath, AppContext.BaseDirectory, Environment.GetEnvironmentVariable("PATH"), IsProgram);

    /// <summary>The testable part of <see cref="Find()"/>.</summary>
    /// <param name="process">The program of this process.</param>
    /// <param name="folder">The folder of the process' entry assembly.</param>
    /// <param name="path">The value of PATH.</param>
    /// <param name="isProgram">Whether a path is an executable file.</param>
    internal static IReadOnlyList<string>? Find(string? process, string folder, string? path, Func<string, bool> isProgram)
    {
        string name = Path.GetFileNameWithoutExtension(process) ?? "";
        if (name.Equals("pwsh", StringComparison.OrdinalIgnoreCase))
            return [process!];

        // Installed as a .NET tool, or started by 'dotnet pwsh.dll'.
        string library = Path.Combine(folder, Library);
        if (name.Equals("dotnet", StringComparison.OrdinalIgnoreCase) && File.Exists(library))
            return [process!, library];

        // A relative folder would name a different program depending on the current folder.
        string? found = (path ?? "").Split(Path.PathSeparator).Where(Path.IsPathFullyQualified)
            .Select(one => Path.Combine(one, FileName)).FirstOrDefault(isProgram);
        return found is null ? null : [found];
    }

    private static bool IsProgram(string path)
    {
        const UnixFileMode MayRun = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        try
        {
            return File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & MayRun) != 0);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
