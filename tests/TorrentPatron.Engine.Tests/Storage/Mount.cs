using System.Diagnostics;

namespace TorrentPatron.Engine.Tests.Storage;

/// <summary>A volume, mounted at a folder until it is disposed.</summary>
internal sealed class Mount : IDisposable
{
    private readonly string _folder;

    private Mount(string folder) => _folder = folder;

    /// <summary>Creates a folder and mounts a volume in memory there.</summary>
    /// <returns>Null if mounting is not allowed.</returns>
    public static Mount? Make(string folder)
    {
        Directory.CreateDirectory(folder);
        return OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder) == 0 ? new Mount(folder) : null;
    }

    /// <summary>Mounts a new volume with a given file system at a folder.</summary>
    /// <param name="folder">The folder, which exists.</param>
    /// <param name="image">Path of the file for the volume's data.</param>
    /// <param name="fileSystem">The file system, such as btrfs.</param>
    /// <returns>Null if mounting is not allowed, or the program that makes the file system is missing.</returns>
    public static Mount? MakeImage(string folder, string image, string fileSystem)
    {
        // XFS refuses less than 300 MiB; the file has holes.
        using (FileStream file = File.Create(image))
            file.SetLength(512L << 20);
        return OperatingSystem.IsLinux() && Run($"mkfs.{fileSystem}", "-q", image) == 0
            && Run("mount", "-t", fileSystem, "-o", "loop", image, folder) == 0 ? new Mount(folder) : null;
    }

    public void Dispose() => Run("umount", "--lazy", _folder);

    private static int Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
