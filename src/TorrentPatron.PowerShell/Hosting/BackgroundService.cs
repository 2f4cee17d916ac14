using System.Diagnostics;
using System.Text;
using System.Text.Json;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Remote;
using TorrentPatron.Remote.Hosting;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.PowerShell.Hosting;

/// <summary>Starts the user's service in a separate PowerShell process, which outlives this one and its terminal.</summary>
internal static class BackgroundService
{
    private const string StateVariable = "TORRENTPATRON_STATE";
    private const int MostError = 64 * 1024;

    /// <summary>Longest time from the start of the process until the service listens.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Starts the service, unless one already listens there, and waits until it accepts connections.</summary>
    /// <param name="address">Where it should listen; null means the user's own socket.</param>
    /// <param name="scope">Whose service it is.</param>
    /// <param name="parameters">Parameters of Start-TorrentService other than -Foreground and -Socket, with full paths. Other users cannot see secrets.</param>
    /// <param name="cancellationToken">Cancels the start and ends the process.</param>
    /// <returns>Whether it was started; false if one already listened.</returns>
    /// <exception cref="TorrentException">It cannot be started; the error is the one that its process reported.</exception>
    public static async Task<bool> StartAsync(
        string? address = null, ServiceScope scope = ServiceScope.User, IEnumerable<KeyValuePair<string, object?>>? parameters = null, CancellationToken cancellationToken = default)
    {
        if (await ServiceConnection.IsListeningAsync(address, scope, cancellationToken).ConfigureAwait(false))
            return false;
        IEnumerable<KeyValuePair<string, object?>> given = parameters ?? [];
        if (address is not null)
            given = given.Append(new("Socket", address));
        using Process process = await RunAsync(Script(CommandText.Of("Start-TorrentService -Foreground", given))).ConfigureAwait(false);
        Task<string> error = ReadAsync(process.StandardError);
        Task output = ReadAsync(process.StandardOutput);
        bool hasStarted = false;
        try
        {
            hasStarted = await ListensAsync(process, address, scope, cancellationToken).ConfigureAwait(false);
            if (hasStarted)
                return true;
            await output.ConfigureAwait(false);
            TorrentError why = ErrorOf(await error.ConfigureAwait(false));

            // If two processes start a service at the same time, the first one wins.
            return why.Id == TorrentErrorId.ServiceRunning && await ServiceConnection.IsListeningAsync(address, scope, cancellationToken).ConfigureAwait(false)
                ? false
                : throw new TorrentException(why);
        }
        finally
        {
            if (!hasStarted && !process.HasExited)
                process.Kill();
        }
    }

    private static async Task<bool> ListensAsync(Process process, string? address, ServiceScope scope, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            while (!process.HasExited)
            {
                if (await ServiceConnection.IsListeningAsync(address, scope, patience.Token).ConfigureAwait(false))
                    return true;
                await Task.Delay(Pause, patience.Token).ConfigureAwait(false);
            }

            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TorrentException(CommandErrors.ServiceNotStarted($"it did not listen within {Patience.TotalSeconds:0} s"));
        }
    }

    private static async Task<Process> RunAsync(string script)
    {
        // The script goes through standard input: every user can read a command line.
        ShellProgram shell = ShellProgram.Current;
        var start = new ProcessStartInfo(shell.Path)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = Path.GetPathRoot(Environment.SystemDirectory) is { Length: > 0 } root ? root : "/",
        };
        string[] arguments =
        [
            .. shell.Arguments, "-NoProfile", "-NonInteractive", "-Command",
            "[Console]::InputEncoding = [Console]::OutputEncoding = [Text.UTF8Encoding]::new(); . ([scriptblock]::Create([Console]::In.ReadToEnd()))",
        ];
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment[BackgroundProcess.Variable] = "1";

        // A relative path starts at this process' folder.
        if (Environment.GetEnvironmentVariable(StateVariable) is { Length: > 0 })
            start.Environment[StateVariable] = StateFolder.DefaultPath;
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception fault)
        {
            throw new TorrentException(CommandErrors.ServiceNotStarted(fault.Message), fault);
        }

        try
        {
            await process.StandardInput.WriteAsync(script).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended; its error says why.
        }

        return process;
    }

    private static string Script(string command) => $$"""
        $ErrorActionPreference = 'Stop'
        try {
            Import-Module {{CommandText.Quote(ModulePath)}}
            {{command}}
        } catch {
            $id = $_.FullyQualifiedErrorId.Split(',')[0]
            [Console]::Error.WriteLine((@{ Id = $id; Message = "$_"; Remedy = "$($_.ErrorDetails.RecommendedAction)" } | ConvertTo-Json -Compress))
            exit 1
        }
        """;

    /// <summary>The manifest of this module.</summary>
    public static string ModulePath => Path.Combine(Path.GetDirectoryName(typeof(BackgroundService).Assembly.Location) ?? "", "TorrentPatron.psd1");

    private static async Task<string> ReadAsync(StreamReader reader)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        try
        {
            while (await reader.ReadAsync(buffer).ConfigureAwait(false) is > 0 and int count)
                text.Append(buffer, 0, Math.Min(count, Math.Max(MostError - text.Length, 0)));
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The process continues without us.
        }

        return text.ToString();
    }

    private static TorrentError ErrorOf(string told)
    {
        string last = told.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "";
        try
        {
            JsonElement error = JsonDocument.Parse(last).RootElement;
            return new TorrentError(error.GetProperty("Id").GetString()!, error.GetProperty("Message").GetString()!, error.GetProperty("Remedy").GetString()!);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            return CommandErrors.ServiceNotStarted(last.Length > 0 ? last : "its process ended");
        }
    }
}
