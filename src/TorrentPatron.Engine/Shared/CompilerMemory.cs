using System.Runtime;
using System.Runtime.InteropServices;

namespace TorrentPatron.Engine.Shared;

/// <summary>
/// Returns the JIT's scratch memory to the system. The C library keeps the memory that the JIT has freed, some megabytes after
/// the first peers connect: more than hundreds of idle peers need. A part of <see cref="ProcessMemory"/>; not thread-safe.
/// </summary>
/// <param name="compiled">Returns the number of methods compiled so far.</param>
/// <param name="trim">Returns free memory to the system; false if that is not supported here.</param>
internal sealed class CompilerMemory(Func<long> compiled, Func<bool> trim)
{
    private long _trimmed;
    private bool _isPossible = true;

    /// <summary>The instance for this process.</summary>
    public static CompilerMemory OfProcess() => new(static () => JitInfo.GetCompiledMethodCount(), Trim);

    /// <summary>
    /// Returns memory if anything was compiled since the last time. The JIT works in bursts, so a check every few seconds is enough.
    /// </summary>
    public void Check()
    {
        if (!_isPossible)
            return;
        long now = compiled();
        if (now == _trimmed)
            return;
        _trimmed = now;
        _isPossible = trim();
    }

    private static bool Trim()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            _ = TrimHeap(0);
            return true;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Only glibc has this function; musl keeps little memory.
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int TrimHeap(nuint pad);
}
