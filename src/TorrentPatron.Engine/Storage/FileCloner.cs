using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Clones files so that they share their bytes on disk until either is written: Btrfs, XFS, bcachefs and others on Linux.
/// </summary>
internal static class FileCloner
{
    /// <summary>FICLONE, which has the same number on most processors.</summary>
    private const nuint Clone = 0x40049409;

    /// <summary>Whether the system supports the call.</summary>
    public static bool IsThere { get; } = OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 or Architecture.Arm64 or Architecture.Arm or Architecture.RiscV64 or Architecture.LoongArch64;

    /// <summary>Makes a file share all bytes of another one.</summary>
    /// <param name="from">The file, open for reading.</param>
    /// <param name="to">An empty file, open for writing.</param>
    /// <returns>Whether it does; false if the file system does not support it, or the files are on different ones.</returns>
    public static bool TryClone(SafeFileHandle from, SafeFileHandle to)
    {
        bool isHeld = false;
        try
        {
            from.DangerousAddRef(ref isHeld);
            return IoCtl(to, Clone, from.DangerousGetHandle()) == 0;
        }
        finally
        {
            if (isHeld)
                from.DangerousRelease();
        }
    }

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int IoCtl(SafeFileHandle file, nuint request, nint argument);
}
