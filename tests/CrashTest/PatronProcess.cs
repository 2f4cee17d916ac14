using System.Diagnostics;
using System.Net;
using System.Reflection;

namespace TorrentPatron.CrashTest;

/// <summary><c>patron start</c> as a process that can be killed.</summary>
internal sealed class PatronProcess : IDisposable
{
    private readonly Process _process;
    private readonly long _started = Stopwatch.GetTimestamp();

    public PatronProcess(string torrent, string destination, string state, IPEndPoint peer) =>
        _process = Start("start", torrent, "--destination", destination, "--state", state, "--peer", peer.ToString(), "--quiet");

    /// <summary>Starts <c>patron</c>.</summary>
    public static Process Start(params string[] arguments)
    {
        string patron = typeof(PatronProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(attribute => attribute.Key == "Patron").Value!;
        string dotnet = Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet";
        var start = new ProcessStartInfo(dotnet) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in arguments.Prepend(patron).Prepend("exec"))
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Time since it was started.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_started);

    /// <summary>Kills it, as <c>kill -9</c> does, after some time.</summary>
    /// <returns>Whether it had already ended by itself.</returns>
    public async Task<bool> KillAsync(TimeSpan after)
    {
        using var clock = new CancellationTokenSource(after);
        try
        {
            await _process.WaitForExitAsync(clock.Token).ConfigureAwait(false);
            return await EndedAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            return false;
        }
    }

    public void Dispose() => _process.Dispose();

    private async Task<bool> EndedAsync() => _process.ExitCode == 0
        ? true
        : throw new CrashTestException($"patron failed with {_process.ExitCode}: "
            + await _process.StandardError.ReadToEndAsync().ConfigureAwait(false));
}
