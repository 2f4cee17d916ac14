using System.Diagnostics;
using System.Net;
using Xunit.v3;

namespace TorrentPatron.Interop.Tests.Tools;

/// <summary>
/// A separate network with forty addresses outside loopback: some clients ignore peers at loopback addresses and send no
/// local announces there. A test that needs it runs again inside it, in its own process.
/// </summary>
internal static class IsolatedNetwork
{
    private const string Mark = "TORRENTPATRON_ISOLATED_NETWORK";

    private const string Build =
        """
        ip link set lo up multicast on && ip route add default dev lo || exit 77
        for i in $(seq 1 40); do ip address add 10.66.0.$i/24 dev lo || exit 77; done
        exec "$@"
        """;

    private static readonly TimeSpan Most = TimeSpan.FromMinutes(5);

    /// <summary>One of the addresses, from 1 to 40.</summary>
    public static IPAddress Address(int number) => new([10, 66, 0, checked((byte)number)]);

    /// <summary>Runs a test in its own network; skips it if none can be created.</summary>
    /// <param name="test">The complete test that calls this.</param>
    /// <param name="build">
    /// Creates the network, and runs its arguments in it; null: the addresses above. Exits with 77 if it cannot.
    /// </param>
    public static async Task RunAsync(Func<Task> test, string? build = null)
    {
        if (Environment.GetEnvironmentVariable(Mark) is not null)
        {
            await test();
            return;
        }

        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has network namespaces.");
        var method = (IXunitTestMethod)TestContext.Current.TestMethod!;
        var start = new ProcessStartInfo(Tool.Require("unshare"),
        [
            "--map-root-user", "--net", "--mount", "--", "sh", "-c", build ?? Build, "sh", Tool.Require("dotnet"), typeof(IsolatedNetwork).Assembly.Location,
            "-method", $"{method.TestClass.TestClassName}.{method.MethodName}", "-showLiveOutput", "-noColor",
        ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [Mark] = "1" },
        };
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Most);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            string said = await output + await errors;
            TestContext.Current.TestOutputHelper!.WriteLine(said);
            Assert.SkipWhen(process.ExitCode == 77 || said.Contains("unshare failed", StringComparison.Ordinal), "A network namespace cannot be created on this machine.");
            Assert.True(process.ExitCode == 0 && said.Contains("Failed: 0", StringComparison.Ordinal), said);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
