using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Tests.Client;

public sealed class WildcardPatternTests
{
    [Theory]
    [InlineData("*", "")]
    [InlineData("*", "any/thing at all")]
    [InlineData("", "")]
    [InlineData("a?c", "abc")]
    [InlineData("*.MKV", "Film.mkv")]
    [InlineData("*.mkv", "FILM.MKV")]
    [InlineData("s0[1-3]e*", "s02e07.mkv")]
    [InlineData("[abc]x", "Bx")]
    [InlineData("[A-C]x", "bx")]
    [InlineData("[a-]x", "-x")]
    [InlineData("[]]x", "]x")]
    [InlineData("[*]x", "*x")]
    [InlineData("a[b", "a[b")]
    [InlineData("[]", "[]")]
    [InlineData("*a*b*c*", "xxaxxbxxcxx")]
    [InlineData("**a**", "a")]
    [InlineData("a*a", "aa")]
    [InlineData("ÄÖ*", "äöü")]
    public void Takes_what_it_names(string pattern, string text) => Assert.True(new WildcardPattern(pattern).IsMatch(text));

    [Theory]
    [InlineData("", "a")]
    [InlineData("?", "")]
    [InlineData("a", "ab")]
    [InlineData("*.mkv", "film.mkv.txt")]
    [InlineData("[a-c]x", "dx")]
    [InlineData("[ab", "a")]
    [InlineData("a*a", "a")]
    [InlineData("*a*b*c*", "cba")]
    public void Leaves_what_it_does_not_name(string pattern, string text) => Assert.False(new WildcardPattern(pattern).IsMatch(text));

    [Fact]
    public void A_pattern_made_to_take_long_does_not()
    {
        string pattern = string.Concat(Enumerable.Repeat("a*", 1000)) + "b";

        Assert.False(new WildcardPattern(pattern).IsMatch(new string('a', 4000)));
    }
}
