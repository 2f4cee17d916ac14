using System.Diagnostics;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Remote.Tests.Rpc;
using Xunit.Runner.InProc.SystemConsole;

namespace TorrentPatron.Remote.Tests;

/// <summary>
/// With <c>--serve</c> a service with the test methods, at the user's address, which ends with its standard input; otherwise xUnit.
/// </summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is not ["--serve"])
            return await ConsoleRunner.Run(args);
        IRpcListener listener = await ServiceEndpoint.ListenAsync();
        await using var server = new RpcServer(listener, Hello.OfThisProcess("test"), _ => TestMethods.Table()
            .Add(TestMethods.Run, (text, _) => ValueTask.FromResult(new Text { Value = Run(text.Value) })));
        server.Start();
        Console.WriteLine(listener.Address);
        Console.In.ReadToEnd();
        return 0;
    }

    private static string Run(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd();
    }
}
