using System.Runtime.InteropServices;

namespace TorrentPatron.Engine.Network;

/// <summary>The limit on open files and sockets of the process.</summary>
internal static class DescriptorLimit
{
    /// <summary>The limit at the start of the process; <see cref="int.MaxValue"/> if the system sets none.</summary>
    public static int OfProcess { get; } = Read();

    private static int Read()
    {
        if (OperatingSystem.IsWindows())
            return int.MaxValue;
        // RLIMIT_NOFILE: 7 on Linux, 8 on macOS and the BSDs.
        return GetLimit(OperatingSystem.IsLinux() ? 7 : 8, out Limit limit) == 0 ? (int)Math.Min(limit.Current, int.MaxValue) : int.MaxValue;
    }

    [DllImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetLimit(int resource, out Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Current;
        public ulong Most;
    }
}
