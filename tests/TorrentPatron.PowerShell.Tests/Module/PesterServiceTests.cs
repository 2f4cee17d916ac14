using System.Text.RegularExpressions;

namespace TorrentPatron.PowerShell.Tests.Module;

/// <summary>
/// Runs the Pester tests a second time, with patrons that are attached to services in separate processes: a session with a service must behave
/// like one without. In parallel with the first run, so that both take little longer than one.
/// </summary>
public sealed partial class PesterServiceTests(ITestOutputHelper output)
{
    /// <summary>The variable that, set to anything, runs the tests outside of CI too.</summary>
    private const string Wanted = "TORRENTPATRON_PESTER_SERVICE";

    /// <summary>Files whose tests would not differ in the second run, with the reason.</summary>
    private static readonly Dictionary<string, string> Unchanged = new(StringComparer.Ordinal)
    {
        ["BoundInterface.Tests.ps1"] = "engines of the session itself, in network namespaces",
        ["Diagnostics.Tests.ps1"] = "what happens in an engine of the session's own process",
        ["Discovery.Tests.ps1"] = "engines of the session itself, with settings of their own",
        ["Documentation.Tests.ps1"] = "it reads the repository's pages",
        ["Engines.Tests.ps1"] = "engines of the session itself, by name",
        ["Examples.Tests.ps1"] = "sessions of their own, as the help pages have them",
        ["IPFilter.Tests.ps1"] = "engines of the session itself, with filters of their own",
        ["KilledClients.Tests.ps1"] = "it starts its service itself",
        ["PeerClasses.Tests.ps1"] = "engines of the session itself, with limits of their own",
        ["PortMapping.Tests.ps1"] = "engines of the session itself, in network namespaces",
        ["Processes.Tests.ps1"] = "sessions in processes of their own, which run their torrents themselves",
        ["Proxies.Tests.ps1"] = "engines of the session itself, with proxies of their own",
        ["Recipes.Tests.ps1"] = "sessions in processes of their own, as the README has them",
        ["SharedService.Tests.ps1"] = "it starts its services itself",
        ["Signals.Tests.ps1"] = "sessions that a signal ends, with their torrents",
    };

    public static TheoryData<string> Files { get; } = [.. PesterRun.Files.Where(file => !Unchanged.ContainsKey(file))];

    [Theory]
    [MemberData(nameof(Files))]
    public Task Pester_tests_pass_with_a_service(string file)
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("CI") is not null || Environment.GetEnvironmentVariable(Wanted) is not null,
            $"The second run of the Pester tests is for .ci/run, or for {Wanted}=1");
        return PesterRun.CheckAsync(file, output, withService: true);
    }

    [Fact]
    public void Contributing_lists_the_differences_and_the_omitted_files()
    {
        string[][] rows =
        [
            .. File.ReadLines(Path.Combine(Repository.Root, "CONTRIBUTING.md"))
                .SkipWhile(line => line != "## The Pester tests with a service").Skip(1)
                .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
                .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
                .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)),
        ];
        IEnumerable<string> skipped = PesterRun.Files
            .SelectMany(file => Skip().Matches(File.ReadAllText(Path.Combine(Repository.PesterTests, file))))
            .CountBy(skip => skip.Groups[1].Value.Replace("''", "'", StringComparison.Ordinal)).Select(skip => $"{skip.Key}: {skip.Value}");

        Assert.Equal(skipped.Order(StringComparer.Ordinal), rows.Where(row => row.Length == 3).Skip(1).Select(row => $"{row[0]}: {row[2]}").Order(StringComparer.Ordinal));
        Assert.Equal(
            Unchanged.Select(file => $"{file.Key}: {file.Value}"), rows.Where(row => row.Length == 2).Skip(1).Select(row => $"{row[0]}: {row[1]}"));
    }

    [Fact]
    public void Omitted_files_exist() => Assert.All(Unchanged.Keys, file => Assert.Contains(file, PesterRun.Files));

    [GeneratedRegex(@"^\s*Skip-WithService '((?:[^']|'')*)'", RegexOptions.Multiline)]
    private static partial Regex Skip();
}
