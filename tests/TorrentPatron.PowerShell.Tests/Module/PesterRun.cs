using System.Diagnostics;
using System.Text.RegularExpressions;

namespace TorrentPatron.PowerShell.Tests.Module;

/// <summary>Runs a file of Pester tests in a real pwsh.</summary>
internal static partial class PesterRun
{
    private static readonly TimeSpan AtMost = TimeSpan.FromMinutes(15);

    /// <summary>All files of Pester tests.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Directory.GetFiles(Repository.PesterTests, "*.Tests.ps1").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    /// <summary>Runs a file, and fails if one of its tests does.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="output">Receives the output.</param>
    /// <param name="withService">Whether the patrons of the tests are attached to services in processes of their own.</param>
    public static async Task CheckAsync(string file, ITestOutputHelper output, bool withService)
    {
        string state = Directory.CreateTempSubdirectory("torrentpatron-").FullName;
        try
        {
            (int exitCode, string text) = await RunAsync(file, state, withService);
            output.WriteLine(text);
            Assert.SkipWhen(exitCode == 86, "Pester not found: Pester tests skipped");

            Match counts = Counts().Match(text);
            Assert.True(counts.Success, text);
            TestContext.Current.SendDiagnosticMessage(
                $"Pester {file}{(withService ? " with a service" : "")}: {counts.Groups[1]} passed, {counts.Groups[2]} failed, {counts.Groups[3]} skipped");
            Assert.True(exitCode == 0 && counts.Groups[2].Value == "0", text);
            Assert.SkipWhen(counts.Groups[1].Value == "0", $"{file}: requirements are missing, {counts.Groups[3]} tests skipped");
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private static async Task<(int ExitCode, string Text)> RunAsync(string file, string state, bool withService)
    {
        string script = $$"""
            $ErrorActionPreference = 'Stop'
            if (-not (Get-Module Pester -ListAvailable | Where-Object { $_.Version.Major -ge 6 })) { exit 86 }
            $settings = New-PesterConfiguration
            $settings.Run.Path = '{{Path.Combine(Repository.PesterTests, file).Replace("'", "''", StringComparison.Ordinal)}}'
            $settings.Run.PassThru = $true
            $settings.Output.RenderMode = 'Plaintext'
            $run = Invoke-Pester -Configuration $settings
            if (Get-Command Stop-TestHost -ErrorAction Ignore) { Stop-TestHost }
            "Pester counts: $($run.PassedCount) passed, $($run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount) failed, $($run.SkippedCount) skipped"
            exit [int]($run.Result -ne 'Passed')
            """;
        var start = new ProcessStartInfo("pwsh")
        {
            ArgumentList = { "-NoProfile", "-NonInteractive", "-Command", script },
            // A test or a module that writes files to its current folder writes them here.
            WorkingDirectory = state,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["POWERSHELL_TELEMETRY_OPTOUT"] = "1",
                ["POWERSHELL_UPDATECHECK"] = "Off",
                ["NO_COLOR"] = "1",
                ["TORRENTPATRON_STATE"] = state,
            },
        };
        if (withService)
            start.Environment["TORRENTPATRON_SERVICE"] = "shared";

        using Process? pwsh = Start(start);
        Assert.SkipWhen(pwsh is null, "pwsh not found: Pester tests skipped");
        pwsh.StandardInput.Close();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        ending.CancelAfter(AtMost);
        Task<string> written = pwsh.StandardOutput.ReadToEndAsync(ending.Token);
        Task<string> errors = pwsh.StandardError.ReadToEndAsync(ending.Token);
        try
        {
            await pwsh.WaitForExitAsync(ending.Token);
            return (pwsh.ExitCode, await written + await errors);
        }
        catch (OperationCanceledException)
        {
            pwsh.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static Process? Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex(@"Pester counts: (\d+) passed, (\d+) failed, (\d+) skipped")]
    private static partial Regex Counts();
}
