using System.Runtime;
using System.Runtime.InteropServices;

namespace TorrentPatron.Engine.Shared;

/// <summary>
/// Returns the JIT's scratch memory to the system. The C library keeps the memory that the JIT has freed, some megabytes after
/// the first peers connect: more than hundreds of idle peers need. Not thread-safe.
/// </summary>
/// <param name="compiled">Returns the number of methods compiled so far.</param>
/// <param name="trim">Returns free memory to the system; false if that is not supported here.</param>
internal sealed class CompilerMemory(Func<long> compiled, Func<bool> trim)
{
    /// <summary>Beats between two checks: the JIT works in bursts.</summary>
    public const int Interval = 5;

    private int _beats;
    private long _trimmed;
    private bool _isPossible = true;

    /// <summary>The instance for this process.</summary>
    public static CompilerMemory OfProcess() => new(static () => JitInfo.GetCompiledMethodCount(), Trim);

    /// <summary>
    /// Checks now and then whether anything was compiled since memory was last returned. Called about once a second.
    /// </summary>
    public void Tick()
    {
        if (!_isPossible || ++_beats < Interval)
            return;
        _beats = 0;
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
