using System.Runtime.InteropServices;

namespace TorrentPatron.Engine.Tests.Storage;

/// <summary>Links and pipes that another user of the machine puts in place of our files.</summary>
internal static class HostileFiles
{
    public static bool CanMakePipes => OperatingSystem.IsLinux() || OperatingSystem.IsMacOS();

    public static void MakePipe(string path)
    {
        if (MkFifo(path, 0x1B6) != 0)
            throw new IOException($"mkfifo: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Moves a file or folder aside and puts a link in its place.</summary>
    public static void ReplaceWithLink(string path, string target)
    {
        if (Directory.Exists(path))
        {
            Directory.Move(path, path + ".aside");
            Directory.CreateSymbolicLink(path, target);
        }
        else
        {
            File.Move(path, path + ".aside");
            File.CreateSymbolicLink(path, target);
        }
    }

    [DllImport("libc", EntryPoint = "mkfifo", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MkFifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);
}
