using System.Runtime.InteropServices;

namespace TorrentPatron.Engine.Tests.Storage;

/// <summary>What somebody else on the machine puts in our way.</summary>
internal static class Neighbour
{
    public static bool CanMakePipes => OperatingSystem.IsLinux() || OperatingSystem.IsMacOS();

    public static void MakePipe(string path)
    {
        if (MkFifo(path, 0x1B6) != 0)
            throw new IOException($"mkfifo: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Puts a link where something is, and that aside.</summary>
    public static void SwapForLink(string path, string target)
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
