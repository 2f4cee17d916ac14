using System.Runtime.InteropServices;

namespace TorrentPatron.Remote.Hosting;

/// <summary>A process of a service that outlives the terminal from which it was started.</summary>
public static class BackgroundProcess
{
    /// <summary>The environment variable that tells a process to leave its terminal when it hosts a service; its value is 1.</summary>
    public const string Variable = "TORRENTPATRON_BACKGROUND";

    /// <summary>Whether the process was told to leave its terminal. The answer is given once: programs that it runs are not told.</summary>
    public static bool TakeRequest()
    {
        bool isAsked = Environment.GetEnvironmentVariable(Variable) == "1";
        Environment.SetEnvironmentVariable(Variable, null);
        return isAsked;
    }

    /// <summary>Leaves the session of the terminal: neither its Ctrl-C nor its end reaches the process. On Windows the starter sees to that.</summary>
    public static void LeaveTerminal()
    {
        // It fails where the process leads a group of its own; then the terminal's Ctrl-C does not reach it anyway.
        if (!OperatingSystem.IsWindows())
            _ = SetSid();
    }

    /// <summary>Has standard input, output and error lead nowhere, once whoever waits for the start has heard of it.</summary>
    public static void CloseStandardStreams()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var nowhere = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        for (int descriptor = 0; descriptor <= 2; descriptor++)
            _ = Duplicate((int)nowhere.DangerousGetHandle(), descriptor);
    }

    [DllImport("libc", EntryPoint = "setsid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetSid();

    [DllImport("libc", EntryPoint = "dup2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Duplicate(int descriptor, int other);
}
