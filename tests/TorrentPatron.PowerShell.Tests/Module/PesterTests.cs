namespace TorrentPatron.PowerShell.Tests.Module;

/// <summary>Runs the Pester tests in a real pwsh, if there is one.</summary>
public sealed class PesterTests(ITestOutputHelper output)
{
    public static TheoryData<string> Files { get; } = [.. PesterRun.Files];

    [Theory]
    [MemberData(nameof(Files))]
    public Task Pester_tests_pass_under_pwsh(string file) => PesterRun.CheckAsync(file, output, withService: false);
}
