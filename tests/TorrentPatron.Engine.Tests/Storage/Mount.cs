using System.Diagnostics;

namespace TorrentPatron.Engine.Tests.Storage;

/// <summary>A volume in memory, mounted at a folder until it is disposed.</summary>
internal sealed class Mount : IDisposable
{
    private readonly string _folder;

    private Mount(string folder) => _folder = folder;

    /// <summary>Creates a folder and mounts a volume there.</summary>
    /// <returns>Null if mounting is not allowed.</returns>
    public static Mount? Make(string folder)
    {
        Directory.CreateDirectory(folder);
        return OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder) == 0 ? new Mount(folder) : null;
    }

    public void Dispose() => Run("umount", "--lazy", _folder);

    private static int Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
