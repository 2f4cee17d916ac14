using System.Runtime.Versioning;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Services;

/// <summary>Checks what the machine's service must be able to read and write. It ignores access control lists, so it only warns.</summary>
internal static class MachineAccess
{
    /// <summary>Warnings for files of PowerShell and the module that other users cannot read, such as those in root's home.</summary>
    public static IEnumerable<string> Unreadable(ServiceUnit unit)
    {
        if (OperatingSystem.IsWindows() || unit.Scope != ServiceScope.Machine)
            yield break;
        if (!IsOpen(unit.Shell.Path, isProgram: true))
            yield return Warning(unit.Shell.Path);
        foreach (string file in unit.Shell.Arguments.Append(BackgroundService.ModulePath))
        {
            if (!IsOpen(file, isProgram: false))
                yield return Warning(file);
        }

        static string Warning(string file) => $"The service runs as the user {ServiceUnit.MachineUser}, who may be unable to read '{file}'. "
            + "Install PowerShell and the module where all users can read them, and install the service from there.";
    }

    /// <summary>Warns if the service may be unable to write to a root.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="cancellation">Cancels the check.</param>
    /// <returns>The warning; null if the service can write to it.</returns>
    [UnsupportedOSPlatform("windows")]
    public static async Task<string?> NotWritableAsync(string root, CancellationToken cancellation)
    {
        UnixFileMode mode = File.GetUnixFileMode(root);
        if ((mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0
            || await SystemTool.TryRunAsync("stat", ["--format=%U", "--", root], cancellation).ConfigureAwait(false) == ServiceUnit.MachineUser)
            return null;
        return $"The service runs as the user {ServiceUnit.MachineUser}, who may be unable to write to '{root}'. To allow it: chown {ServiceUnit.MachineUser} '{root}'.";
    }

    /// <summary>Whether every user can read a file.</summary>
    [UnsupportedOSPlatform("windows")]
    internal static bool IsOpen(string file, bool isProgram)
    {
        try
        {
            UnixFileMode wanted = isProgram ? UnixFileMode.OtherRead | UnixFileMode.OtherExecute : UnixFileMode.OtherRead;
            string target = File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file;
            for (string? at = target; at is not null; at = Path.GetDirectoryName(at), wanted = UnixFileMode.OtherExecute)
            {
                if ((File.GetUnixFileMode(at) & wanted) != wanted)
                    return false;
            }

            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
