using System.Text;
using TorrentPatron.Protocol.Bencoding;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Bencoding;

public sealed class BencodeDocumentTests
{
    [Theory]
    [InlineData("i3e", 3)]
    [InlineData("i-3e", -3)]
    [InlineData("i0e", 0)]
    [InlineData("i9223372036854775807e", long.MaxValue)]
    [InlineData("i-9223372036854775808e", long.MinValue)]
    [InlineData("i-0e", 0)]
    [InlineData("i0042e", 42)]
    [InlineData("i00000000000000000000000000007e", 7)]
    public void An_integer_is_read(string text, long expected)
    {
        BencodeElement root = Parse(text);

        Assert.Equal(BencodeKind.Integer, root.Kind);
        Assert.Equal(expected, root.AsInteger());
    }

    [Fact]
    public void The_examples_of_BEP_3_are_read()
    {
        Assert.Equal("spam", Parse("4:spam").AsText());
        Assert.Equal("", Parse("0:").AsText());

        var items = new List<string>();
        foreach (BencodeElement item in Parse("l4:spam4:eggse").EnumerateList())
            items.Add(item.AsText());
        Assert.Equal(["spam", "eggs"], items);

        BencodeElement dictionary = Parse("d3:cow3:moo4:spam4:eggse");
        Assert.Equal(2, dictionary.Count);
        Assert.True(dictionary.TryGet("spam"u8, out BencodeElement eggs));
        Assert.Equal("eggs", eggs.AsText());

        Assert.True(Parse("d4:spaml1:a1:bee").TryGet("spam"u8, out BencodeElement list));
        Assert.Equal(2, list.Count);
    }

    [Fact]
    public void Nested_values_are_skipped_whole_and_keep_their_exact_bytes()
    {
        BencodeElement root = Parse("d1:ald1:xi1eeli2eleee4:infod1:b3:abce1:zi9ee");

        Assert.Equal(["a", "info", "z"], Keys(root));
        Assert.True(root.TryGet("info"u8, out BencodeElement info));
        Assert.Equal("d1:b3:abce", Encoding.ASCII.GetString(info.Raw.Span));
        Assert.True(info.TryGet("b"u8, out BencodeElement b));
        Assert.Equal("3:abc", Encoding.ASCII.GetString(b.Raw.Span));
        Assert.Equal("abc"u8, b.AsBytes());
    }

    [Fact]
    public void Keys_may_be_unsorted_and_the_first_of_repeated_ones_counts()
    {
        BencodeElement root = Parse("d1:bi1e1:ai2e1:bi3ee");

        Assert.True(root.TryGet("b"u8, out BencodeElement value));
        Assert.Equal(1, value.AsInteger());
        Assert.Equal(["b", "a", "b"], Keys(root));
    }

    [Fact]
    public void A_value_of_a_different_kind_is_refused_or_ignored()
    {
        BencodeElement text = Parse("4:spam");

        Assert.False(text.TryGetInteger(out _));
        Assert.False(text.TryGet("x"u8, out BencodeElement missing));
        Assert.Equal(BencodeKind.None, missing.Kind);
        Assert.False(missing.TryGetBytes(out _));
        Assert.Throws<BencodeException>(() => text.AsInteger());
        Assert.Throws<BencodeException>(() => text.EnumerateList());
        Assert.Throws<BencodeException>(() => text.EnumerateDictionary());
        Assert.Throws<BencodeException>(() => Parse("i1e").AsText());
    }

    [Fact]
    public void A_key_is_never_found_in_a_value()
    {
        Assert.False(Parse("d1:a1:be").TryGet("b"u8, out _));
    }

    [Fact]
    public void Text_that_is_not_UTF8_is_read_with_replacements()
    {
        byte[] data = [.. "3:a"u8, 0xFF, (byte)'b'];

        Assert.Equal("a\uFFFDb", BencodeDocument.Parse(data).Root.AsText());
    }

    [Fact]
    public void Bytes_after_the_value_are_refused_or_left_to_the_caller()
    {
        byte[] data = "d8:msg_typei1eePAYLOAD"u8.ToArray();

        BencodeException fault = Assert.Throws<BencodeException>(() => BencodeDocument.Parse(data));
        Assert.Equal(15, fault.Offset);
        Assert.False(fault.IsTruncated);

        BencodeDocument document = BencodeDocument.ParsePrefix(data, out int consumed);
        Assert.Equal(15, consumed);
        Assert.Equal(data.AsMemory(0, 15), document.Root.Raw);
    }

    [Theory]
    [InlineData("")]
    [InlineData("i")]
    [InlineData("i1")]
    [InlineData("i-")]
    [InlineData("4")]
    [InlineData("4:")]
    [InlineData("4:spa")]
    [InlineData("2147483647:x")]
    [InlineData("l")]
    [InlineData("li1e")]
    [InlineData("d")]
    [InlineData("d1:a")]
    [InlineData("d1:ai1e")]
    public void Data_that_ends_too_early_is_refused_as_such(string text)
    {
        BencodeException fault = Assert.Throws<BencodeException>(() => Parse(text));

        Assert.True(fault.IsTruncated);
        Assert.Equal(text.Length, fault.Offset);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("e")]
    [InlineData(":")]
    [InlineData("-1:a")]
    [InlineData("ie")]
    [InlineData("i-e")]
    [InlineData("i+1e")]
    [InlineData("i--1e")]
    [InlineData("i1-e")]
    [InlineData("i 1e")]
    [InlineData("i1.5e")]
    [InlineData("i9223372036854775808e")]
    [InlineData("i-9223372036854775809e")]
    [InlineData("i99999999999999999999999999999999999999999999e")]
    [InlineData("2147483648:x")]
    [InlineData("18446744073709551617:x")]
    [InlineData("99999999999999999999999999999999999999999999:x")]
    [InlineData("4spam")]
    [InlineData("di1ei2ee")]
    [InlineData("dle1:ae")]
    [InlineData("d1:ae")]
    [InlineData("d1:ai1e1:be")]
    [InlineData("lxe")]
    [InlineData("i1ee")]
    public void Malformed_data_is_refused(string text)
    {
        BencodeException fault = Assert.Throws<BencodeException>(() => Parse(text));

        Assert.False(fault.IsTruncated);
        Assert.InRange(fault.Offset, 0, text.Length);
    }

    [Fact]
    public void Depth_is_bounded_without_touching_the_stack()
    {
        Assert.Throws<BencodeException>(() => Parse(new string('l', 1_000_000)));
        Assert.Throws<BencodeException>(() => Parse(string.Concat(Enumerable.Repeat("d1:a", 1_000_000))));
        Assert.Throws<BencodeException>(() => Parse(new string('l', 101) + new string('e', 101)));
        Assert.Equal(1, Parse(new string('l', 100) + new string('e', 100)).Count);

        var limits = new BencodeLimits { MaxDepth = 1_000_000 };
        byte[] deep = Encoding.ASCII.GetBytes(new string('l', 1_000_000) + new string('e', 1_000_000));
        Assert.Equal(deep.Length, BencodeDocument.Parse(deep, limits).Root.Raw.Length);
    }

    [Fact]
    public void The_number_of_values_is_bounded()
    {
        var limits = new BencodeLimits { MaxTokens = 4 };

        Assert.Equal(3, BencodeDocument.Parse("li1ei2ei3ee"u8.ToArray(), limits).Root.Count);
        Assert.Throws<BencodeException>(() => BencodeDocument.Parse("li1ei2ei3ei4ee"u8.ToArray(), limits));
        Assert.Throws<BencodeException>(() => Parse("l" + string.Concat(Enumerable.Repeat("0:", 3_000_000)) + "e"));
    }

    [Fact]
    public void Truncated_or_changed_data_is_always_read_or_refused()
    {
        byte[] original = "d8:announce3:url4:infod6:lengthi12345678e4:name3:abc5:piecesl0:2:xyeee"u8.ToArray();
        var random = new Random(1);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] data = original[..random.Next(1, original.Length + 1)];
            data[random.Next(data.Length)] = (byte)random.Next(256);
            try
            {
                BencodeElement root = BencodeDocument.ParsePrefix(data, out int consumed).Root;
                Assert.Equal(consumed, root.Raw.Length);
            }
            catch (BencodeException fault)
            {
                Assert.InRange(fault.Offset, 0, data.Length);
            }
        }
    }

    private static BencodeElement Parse(string text) => BencodeDocument.Parse(Encoding.ASCII.GetBytes(text)).Root;

    private static List<string> Keys(BencodeElement dictionary)
    {
        var keys = new List<string>();
        foreach (BencodeEntry entry in dictionary.EnumerateDictionary())
            keys.Add(entry.KeyText);
        return keys;
    }
}
