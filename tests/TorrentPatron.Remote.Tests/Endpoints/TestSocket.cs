using System.Diagnostics;

namespace TorrentPatron.Remote.Tests.Endpoints;

/// <summary>A temporary folder for sockets, with a short path.</summary>
internal sealed class TestSocket : IDisposable
{
    private readonly string _top = Directory.CreateTempSubdirectory("tp-").FullName;

    /// <summary>A folder that does not exist yet.</summary>
    public string Folder => Path.Combine(_top, "service");

    /// <summary>A socket in it.</summary>
    public string Socket => Path.Combine(Folder, "service.sock");

    /// <summary>The folder above.</summary>
    public string Top => _top;

    public static bool IsRoot => Environment.UserName == "root";

    /// <summary>Runs a program and returns its output.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, (await output + await error).Trim());
    }

    /// <summary>Runs a Python script, with the standard library only, optionally as another user.</summary>
    public static Task<(int Code, string Output)> PythonAsync(string script, int? user = null, params string[] arguments) =>
        user is { } id
            ? RunAsync("setpriv", ["--reuid", $"{id}", "--regid", $"{id}", "--clear-groups", "/usr/bin/python3", "-I", "-S", "-c", script, .. arguments])
            : RunAsync("/usr/bin/python3", ["-I", "-S", "-c", script, .. arguments]);

    public void Dispose()
    {
        try
        {
            Directory.Delete(_top, recursive: true);
        }
        catch (IOException)
        {
            // A process is just creating something there.
        }
    }
}
