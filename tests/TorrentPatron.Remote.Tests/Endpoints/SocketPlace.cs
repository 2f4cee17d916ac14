using System.Diagnostics;

namespace TorrentPatron.Remote.Tests.Endpoints;

/// <summary>A folder for sockets, with a short path, that goes with the test.</summary>
internal sealed class SocketPlace : IDisposable
{
    private readonly string _top = Directory.CreateTempSubdirectory("tp-").FullName;

    /// <summary>A folder that is not there yet.</summary>
    public string Folder => Path.Combine(_top, "service");

    /// <summary>A socket in it.</summary>
    public string Socket => Path.Combine(Folder, "service.sock");

    /// <summary>The folder above.</summary>
    public string Top => _top;

    public static bool IsRoot => Environment.UserName == "root";

    /// <summary>Runs a program; its output.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, (await output + await error).Trim());
    }

    /// <summary>Runs a script of Python's, with its standard library only, as another user where one is given.</summary>
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
            // Somebody puts something there just now.
        }
    }
}
