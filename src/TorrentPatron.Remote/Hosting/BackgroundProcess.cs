using System.Runtime.InteropServices;

namespace TorrentPatron.Remote.Hosting;

/// <summary>A service process that outlives the terminal that started it.</summary>
public static class BackgroundProcess
{
    /// <summary>The environment variable that makes a service process leave its terminal; its value is 1.</summary>
    public const string Variable = "TORRENTPATRON_BACKGROUND";

    /// <summary>Whether the process should leave its terminal. Clears the variable, so that child processes do not.</summary>
    public static bool TakeRequest()
    {
        bool isAsked = Environment.GetEnvironmentVariable(Variable) == "1";
        Environment.SetEnvironmentVariable(Variable, null);
        return isAsked;
    }

    /// <summary>Leaves the session of the terminal: neither its Ctrl-C nor its end reaches the process. On Windows the starter does this.</summary>
    public static void LeaveTerminal()
    {
        // It fails if the process leads its own group; the terminal's Ctrl-C then does not reach it anyway.
        if (!OperatingSystem.IsWindows())
            _ = SetSid();
    }

    /// <summary>Redirects standard input, output and error to nothing, after the start has been reported.</summary>
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
