using Xunit;

namespace TorrentPatron.Protocol.Tests;

public sealed class DisplayTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("größe 日本 👩‍👩‍👧", "größe 日本 👩‍👩‍👧")]
    [InlineData("a\u001B[31mred\u0007\0", "a[31mred")]
    [InlineData("csi \u009B2J", "csi 2J")]
    [InlineData("one\r\ntwo\tthree\u2028four", "one two three four")]
    [InlineData("x\u202Etxt.exe\u2066\u200E\u061C\uFEFF", "xtxt.exe")]
    [InlineData("a\u200Bb\u2060c\u2061d\u2062e\u2063f\u2064g\u00ADh", "abcdefgh")]
    [InlineData("tag\U000E0001\U000E0041\U000E007F", "tag")]
    public void Text_is_made_safe_to_show(string text, string expected)
    {
        Assert.Equal(expected, DisplayText.Clean(text));
    }

    [Fact]
    public void Half_a_surrogate_pair_is_replaced()
    {
        Assert.Equal("half \uFFFD!", DisplayText.Clean("half \uD83D!"));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("größe")]
    public void Safe_text_is_returned_as_the_same_instance(string text)
    {
        Assert.Same(text, DisplayText.Clean(text));
    }
}
