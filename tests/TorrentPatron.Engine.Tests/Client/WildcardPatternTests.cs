using System.Text.RegularExpressions;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Tests.Client;

public sealed class WildcardPatternTests
{
    /// <summary>PowerShell's own results; see New-WildcardTable.ps1.</summary>
    private static IEnumerable<(string Pattern, string Text, char Verdict)> Table()
    {
        using Stream stream = typeof(WildcardPatternTests).Assembly.GetManifestResourceStream("wildcards.tsv")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            string[] fields = [.. line.Split('\t').Select(Regex.Unescape)];
            yield return (fields[0], fields[1], fields[2][0]);
        }
    }

    [Fact]
    public void A_pattern_matches_as_in_PowerShell()
    {
        var differences = new List<string>();
        int cases = 0;
        foreach ((string text, string name, char verdict) in Table())
        {
            cases++;
            var pattern = new WildcardPattern(text);
            char ours = !pattern.IsValid ? '!' : pattern.IsMatch(name) ? '+' : '-';
            if (ours != verdict)
                differences.Add($"'{text}' of '{name}' is {verdict} in PowerShell, {ours} here");
        }

        Assert.Empty(differences);
        Assert.InRange(cases, 1000, int.MaxValue);
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("a*", true)]
    [InlineData("a?c", true)]
    [InlineData("a[b]c", true)]
    [InlineData("a", false)]
    [InlineData("a`[b`]c", false)]
    [InlineData("a`*", false)]
    [InlineData("a]", false)]
    public void Only_a_pattern_that_can_match_several_names_has_wildcards(string pattern, bool hasWildcards) =>
        Assert.Equal(hasWildcards, new WildcardPattern(pattern).HasWildcards);

    [Fact]
    public void A_hostile_pattern_is_matched_quickly()
    {
        string pattern = string.Concat(Enumerable.Repeat("a*", 1000)) + "b";

        Assert.False(new WildcardPattern(pattern).IsMatch(new string('a', 4000)));
    }
}
