using System.Text;
using TorrentPatron.Protocol.Metainfo;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Metainfo;

/// <summary>Runs without ICU (invariant globalization), like <c>patron</c>; pwsh has ICU, with the same results.</summary>
public sealed class NameFoldingTests
{
    [Theory]
    [InlineData("read.me", "READ.ME")]
    [InlineData("caf\u00E9", "cafe\u0301")]
    [InlineData("GRÖSSE", "gro\u0308sse")]
    [InlineData("\u1EC7", "e\u0323\u0302")]
    [InlineData("e\u0302\u0323", "e\u0323\u0302")]
    [InlineData("\u0390", "\u03B9\u0308\u0301")]
    [InlineData("\uAC01", "\u1100\u1161\u11A8")]
    [InlineData("\uAC00", "\u1100\u1161")]
    [InlineData("\u212B", "a\u030A")]
    [InlineData("\U00010400", "\U00010428")]
    [InlineData("\uF900", "\u8C48")]
    public void Fold_unifies_names_that_differ_only_in_case_or_composition(string one, string other) =>
        Assert.Equal(NameFolding.Fold(one), NameFolding.Fold(other));

    [Theory]
    [InlineData("a", "a\u0301")]
    [InlineData("e\u0301\u0302", "e\u0302\u0301")]
    [InlineData("i", "\u0131")]
    [InlineData("ss", "ß")]
    [InlineData("\uFF41", "a")]
    public void Fold_distinguishes_different_names(string one, string other) =>
        Assert.NotEqual(NameFolding.Fold(one), NameFolding.Fold(other));

    [Fact]
    public void Fold_is_idempotent()
    {
        for (int value = 0; value <= 0x10FFFF; value++)
        {
            if (!Rune.IsValid(value))
                continue;
            string folded = NameFolding.Fold("x" + new Rune(value));
            if (folded != NameFolding.Fold(folded))
                Assert.Fail($"U+{value:X}");
        }
    }
}
