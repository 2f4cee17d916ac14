using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Automation;

/// <summary>Runs scripts with PowerShell, each in a separate process: <c>pwsh -NoProfile -NonInteractive -File</c>.</summary>
/// <remarks>
/// No shell parses anything from a torrent: the event arrives in environment variables and on standard input. On Linux the script leads its
/// own session and process group, so that the processes it has started are killed with it, even if they have a different parent by then.
/// </remarks>
internal sealed class HookShell : IHookShell
{
    /// <summary>Maximum number of output characters to keep.</summary>
    public const int MostOutput = 4096;

    private const string SessionProgram = "/usr/bin/setsid";

    /// <summary>The longest wait, after a script's end, for the output of its child processes.</summary>
    private static readonly TimeSpan OutputPatience = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait for a killed script to end.</summary>
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(5);

    /// <summary>Variables of the service that scripts do not inherit: systemd's sockets, secrets, and the tuning of this program.</summary>
    private static readonly string[] Withheld =
    [
        "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "FDSTORE",
        "TORRENTPATRON_PROXY_CREDENTIAL", "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS",
    ];

    private readonly Func<IReadOnlyList<string>?> _findProgram;

    /// <summary>Creates a shell.</summary>
    /// <param name="findProgram">Finds PowerShell: the program and its first arguments. Null means <see cref="PowerShellProgram"/>.</param>
    public HookShell(Func<IReadOnlyList<string>?>? findProgram = null) => _findProgram = findProgram ?? PowerShellProgram.Find;

    /// <inheritdoc/>
    public TorrentError? Fault => _findProgram() is null ? HookErrors.NoShell : null;

    /// <inheritdoc/>
    public async Task<HookExit> RunAsync(HookStart start, CancellationToken kill)
    {
        if (!File.Exists(start.Script))
            throw new TorrentException(HookErrors.ScriptGone(start.Script));
        IReadOnlyList<string> program = _findProgram() ?? throw new TorrentException(HookErrors.NoShell);
        bool isSession = OperatingSystem.IsLinux() && File.Exists(SessionProgram);
        using Process process = Start(isSession ? [SessionProgram, .. program] : program, start);

        var output = new OutputHead();
        Task reading = Task.WhenAll(output.ReadAsync(process.StandardOutput), output.ReadAsync(process.StandardError));
        Task writing = WriteAsync(process, start.Input);
        bool isKilled = false;
        try
        {
            await process.WaitForExitAsync(kill).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            isKilled = true;
            await KillAsync(process, isSession).ConfigureAwait(false);
        }

        try
        {
            await Task.WhenAll(reading, writing).WaitAsync(OutputPatience, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A child of the script still holds its end of the pipes; disposing the process object closes ours.
        }

        return new HookExit(isKilled ? null : process.ExitCode, output.ToString());
    }

    private static Process Start(IReadOnlyList<string> program, HookStart start)
    {
        var info = new ProcessStartInfo(program[0])
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = Path.GetDirectoryName(start.Script)!,
        };
        foreach (string argument in program.Skip(1).Concat(["-NoProfile", "-NonInteractive", "-File", start.Script]))
            info.ArgumentList.Add(argument);
        foreach (string variable in Withheld)
            info.Environment.Remove(variable);
        info.Environment["NO_COLOR"] = "1";
        foreach ((string name, string value) in start.Variables)
            info.Environment[name] = value;
        KeepFilesFromChildren();
        try
        {
            return Process.Start(info)!;
        }
        catch (Exception fault) when (fault is Win32Exception or IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            throw new TorrentException(HookErrors.NotStarted(fault.Message), fault);
        }
    }

    private static async Task WriteAsync(Process process, byte[] input)
    {
        try
        {
            Stream stream = process.StandardInput.BaseStream;
            await stream.WriteAsync(input).ConfigureAwait(false);
            await stream.FlushAsync().ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The script does not read it.
        }
    }

    private static async Task KillAsync(Process process, bool isSession)
    {
        try
        {
            // The process group first: its members may have lost their parents. Its number cannot be reused while the script runs.
            if (isSession && !process.HasExited)
                _ = Kill(-process.Id, KillSignal);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception fault) when (fault is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended in the meantime.
        }

        using var patience = new CancellationTokenSource(KillPatience);
        await process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Keeps child processes from inheriting this process' open files: the runtime leaves some of its sockets inheritable.</summary>
    /// <remarks>Uses close_range (Linux 5.11). On older systems children inherit the runtime's sockets, which carry none of our data.</remarks>
    private static void KeepFilesFromChildren()
    {
        if (OperatingSystem.IsLinux())
            _ = SystemCall(CloseRange, FirstFile, uint.MaxValue, CloseOnExec);
    }

    private const int KillSignal = 9;
    private const int CloseRange = 436;
    private const uint FirstFile = 3, CloseOnExec = 4;

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint SystemCall(nint number, uint first, uint last, uint flags);

    /// <summary>Keeps the beginning of the output of two pipes, and discards the rest so that the script is never blocked.</summary>
    private sealed class OutputHead
    {
        private readonly StringBuilder _text = new();

        public async Task ReadAsync(StreamReader reader)
        {
            char[] buffer = new char[1024];
            try
            {
                while (await reader.ReadAsync(buffer.AsMemory()).ConfigureAwait(false) is > 0 and var count)
                {
                    lock (_text)
                        _text.Append(buffer, 0, Math.Min(count, MostOutput - _text.Length));
                }
            }
            catch (Exception fault) when (fault is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // The process has gone.
            }
        }

        public override string ToString()
        {
            string text;
            lock (_text)
                text = _text.ToString();
            return string.Join('\n', text.TrimEnd().Split('\n').Select(line => DisplayText.Clean(line.TrimEnd('\r'))));
        }
    }
}
