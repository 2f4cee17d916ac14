using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>Copies of files that share their bytes on the disk until one of both is written: of Btrfs, XFS, bcachefs and others on Linux.</summary>
internal static class FileCloner
{
    /// <summary>FICLONE, for which most processors' Linux has one number.</summary>
    private const nuint Clone = 0x40049409;

    /// <summary>Whether the system can be asked for it.</summary>
    public static bool IsThere { get; } = OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 or Architecture.Arm64 or Architecture.Arm or Architecture.RiscV64 or Architecture.LoongArch64;

    /// <summary>Has a file share all bytes of another one.</summary>
    /// <param name="from">The file, open for reading.</param>
    /// <param name="to">An empty one, open for writing.</param>
    /// <returns>Whether it does; false where the file system cannot, or the files lie on several.</returns>
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
