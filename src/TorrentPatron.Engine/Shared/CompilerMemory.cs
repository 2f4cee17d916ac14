using System.Runtime;
using System.Runtime.InteropServices;

namespace TorrentPatron.Engine.Shared;

/// <summary>
/// Gives the JIT's scratch memory back to the system. The C library keeps what the JIT has freed, some megabytes after the first peers have come:
/// more than hundreds of idle peers take. Not thread-safe.
/// </summary>
/// <param name="compiled">Counts the methods that were compiled so far.</param>
/// <param name="trim">Gives back what is free; false: that is not possible here.</param>
internal sealed class CompilerMemory(Func<long> compiled, Func<bool> trim)
{
    /// <summary>Beats between two looks: the JIT works in bursts.</summary>
    public const int Interval = 5;

    private int _beats;
    private long _trimmed;
    private bool _isPossible = true;

    /// <summary>That of this process.</summary>
    public static CompilerMemory OfProcess() => new(static () => JitInfo.GetCompiledMethodCount(), Trim);

    /// <summary>Looks now and then whether something was compiled since memory was last given back. Called about once a second.</summary>
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
            // Only glibc has it; musl keeps little.
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int TrimHeap(nuint pad);
}
