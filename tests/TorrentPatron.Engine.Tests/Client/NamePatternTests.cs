using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Tests.Client;

public sealed class NamePatternTests
{
    [Theory]
    [InlineData("[Group] Show", "[Group] Show")]
    [InlineData("[GROUP] show", "[Group] Show")]
    [InlineData("`[Group`] Show", "[Group] Show")]
    [InlineData("[Group]-*", "G-side")]
    [InlineData("*show", "[Group] Show")]
    [InlineData("[abc", "[abc")]
    [InlineData("a", "a")]
    [InlineData("`*", "*")]
    [InlineData("[xyz", "")]
    public void A_literal_name_is_matched_before_it_is_tried_as_a_pattern(string text, string found) =>
        Assert.Equal(found.Length == 0 ? [] : [found], Find(text));

    [Fact]
    public void A_pattern_finds_all_that_match() => Assert.Equal(["a", "*", "G"], Find("?"));

    [Theory]
    [InlineData("*.mkv", true)]
    [InlineData("[a-c]", true)]
    [InlineData("[abc", false)]
    [InlineData("[z-a]*", false)]
    [InlineData("`[a`]", false)]
    [InlineData("a]", false)]
    public void A_plain_name_has_no_wildcards(string text, bool hasWildcards) =>
        Assert.Equal(hasWildcards, new NamePattern(text).HasWildcards);

    [Fact]
    public void A_file_can_be_named_by_its_path_its_path_below_the_torrents_folder_or_its_name()
    {
        Assert.Equal(["T/a/b.txt", "a/b.txt", "b.txt"], NamePattern.NamesOfFile("T/a/b.txt"));
        Assert.Equal(["b.txt", "b.txt", "b.txt"], NamePattern.NamesOfFile("b.txt"));
    }

    private static IReadOnlyList<string> Find(string text) =>
        new NamePattern(text).Find(["[Group] Show", "a", "[abc", "*", "G", "G-side"], name => [name]);
}
