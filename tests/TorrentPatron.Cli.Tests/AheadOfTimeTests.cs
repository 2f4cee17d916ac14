using System.Diagnostics;
using System.Text.Json;

namespace TorrentPatron.Cli.Tests;

/// <summary>
/// The program compiled ahead of time. Publishing takes a minute or two, so it runs only if CI is set (<c>.ci/run</c> sets it) and there is a
/// linker.
/// </summary>
public sealed class AheadOfTimeTests : PatronFixture
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    [Fact]
    public async Task The_ahead_of_time_compiled_program_behaves_the_same()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, "CI is not set.");
        Assert.SkipUnless(OperatingSystem.IsLinux() && (File.Exists("/usr/bin/clang") || File.Exists("/usr/bin/gcc")), "Neither clang nor gcc is installed.");
        (int published, string log) = await RunAsync(
            "dotnet", "publish", Project(), "-c", "Release", "-p:PublishAot=true", "--ucr", "--artifacts-path", In("artifacts"), "-o", In("published"), "--nologo", "-v", "quiet");
        Assert.SkipWhen(published != 0 && log.Contains("NU1101", StringComparison.Ordinal), "The package of the ahead-of-time compiler cannot be restored.");
        Assert.True(published == 0, log);
        string patron = In("published", "patron");
        string data = WriteFile(In("seed", "data.bin"), 3_000_000);

        (int demo, string shown) = await RunAsync(patron, "demo", "--size", "8MiB");
        (int created, _) = await RunAsync(patron, "create", data, "-o", In("data.torrent"));
        (int told, string info) = await RunAsync(patron, "info", In("data.torrent"), "--json");
        (int seeded, string report) = await RunAsync(
            patron, "start", In("data.torrent"), "-d", In("seed"), "--state", In("state"), "--json", "--no-dht", "--no-local-discovery", "--no-port-mapping");
        (int other, string refused) = await RunAsync(patron, "start", In("data.torrent"), "-d", In("seed"), "--engine", "MonoTorrent");

        Assert.Equal((0, 0, 0, 0, 1), (demo, created, told, seeded, other));
        Assert.Contains("every byte verified", shown, StringComparison.Ordinal);
        Assert.Equal(3_000_000, JsonDocument.Parse(info).RootElement.GetProperty("totalSize").GetInt64());
        Assert.True(JsonDocument.Parse(report.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement.GetProperty("isComplete").GetBoolean(), report);
        Assert.Contains("MonoTorrent", refused, StringComparison.Ordinal);
        Assert.False(File.Exists(In("published", "patron.dll")));
    }

    /// <summary>The project of the program, in the repository that this assembly was built in.</summary>
    private static string Project()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "TorrentPatron.slnx")))
            folder = Path.GetDirectoryName(folder);
        return Path.Combine(folder ?? throw new InvalidOperationException("The repository was not found."), "src", "TorrentPatron.Cli");
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] args)
    {
        var start = new ProcessStartInfo(program, args) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(Patience);
        try
        {
            string[] output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, string.Concat(output));
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
