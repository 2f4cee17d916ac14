using System.Text;
using TorrentPatron.Protocol.Metainfo;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Metainfo;

public sealed class PathSanitizerTests
{
    [Theory]
    [InlineData("plain.txt")]
    [InlineData(".hidden")]
    [InlineData("größe 日本 👩‍👩‍👧.txt")]
    [InlineData(" leading space")]
    [InlineData("console.log")]
    [InlineData("COM10")]
    [InlineData("a..b")]
    [InlineData("..a")]
    public void A_safe_name_is_unchanged(string name)
    {
        Assert.Equal(name, PathSanitizer.CleanElement(name));
    }

    [Theory]
    [InlineData("", "_")]
    [InlineData(".", "_")]
    [InlineData("..", "_")]
    [InlineData("...", "_")]
    [InlineData(" . ", "_")]
    [InlineData("\u202E", "_")]
    [InlineData(".\u202E.", "_")]
    [InlineData(".\0.", "_")]
    [InlineData("../../etc/passwd", ".._.._etc_passwd")]
    [InlineData("..\\..\\x", ".._.._x")]
    [InlineData("/etc", "_etc")]
    [InlineData("C:\\x", "C__x")]
    [InlineData("file.txt:stream", "file.txt_stream")]
    [InlineData("a<b>c\"d|e?f*g", "a_b_c_d_e_f_g")]
    [InlineData("a\0b\u001B[31mc\u007F\u0085", "ab[31mc")]
    [InlineData("photo\u202Egpj.exe", "photogpj.exe")]
    [InlineData("line\nbreak", "linebreak")]
    [InlineData("in\u200Bvoi\u00ADce\u2060.p\u2064df", "invoice.pdf")]
    [InlineData("read\U000E0072me\U000E007F.txt", "readme.txt")]
    [InlineData("\u200B", "_")]
    [InlineData("C\u200BON", "_CON")]
    [InlineData("end. . .", "end")]
    [InlineData("CON", "_CON")]
    [InlineData("nul.txt", "_nul.txt")]
    [InlineData("Aux .tar.gz", "_Aux .tar.gz")]
    [InlineData("C\u200FON", "_CON")]
    [InlineData("com1", "_com1")]
    [InlineData("LPT¹.x", "_LPT¹.x")]
    [InlineData("CON.", "_CON")]
    [InlineData("CONIN$", "_CONIN$")]
    [InlineData("\uFFFEa\uFFFF", "a")]
    [InlineData(".0123456789abcdef0123456789abcdef01234567.patron-parts", "_.0123456789abcdef0123456789abcdef01234567.patron-parts")]
    [InlineData(".x.Patron-Parts. ", "_.x.Patron-Parts")]
    [InlineData(".x.patron-part\u017F", "_.x.patron-part\u017F")]
    public void An_unsafe_name_is_neutralised(string name, string expected)
    {
        Assert.Equal(expected, PathSanitizer.CleanElement(name));
    }

    [Fact]
    public void Half_a_surrogate_pair_is_replaced()
    {
        Assert.Equal("half _", PathSanitizer.CleanElement("half \uD83D"));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_replaced()
    {
        Assert.Equal("a_b.txt", PathSanitizer.CleanElement([(byte)'a', 0xE9, (byte)'b', .. ".txt"u8]));
        Assert.Equal("__", PathSanitizer.CleanElement([0xC0, 0xAF])); // an overlong slash
    }

    [Fact]
    public void A_long_name_is_cut_before_its_extension_and_between_characters()
    {
        Assert.Equal(new string('a', 251) + ".txt", PathSanitizer.CleanElement(new string('a', 300) + ".txt"));
        Assert.Equal(new string('日', 83) + ".txt", PathSanitizer.CleanElement(new string('日', 100) + ".txt"));
        Assert.Equal(Emoji(63), PathSanitizer.CleanElement(Emoji(100)));
        Assert.Equal("a." + new string('b', 253), PathSanitizer.CleanElement("a." + new string('b', 300)));
    }

    [Fact]
    public void A_long_name_that_is_cut_to_spaces_or_a_device_name_is_neutralised()
    {
        Assert.Equal("_", PathSanitizer.CleanElement(new string(' ', 300) + "x"));
        Assert.Equal("_CON", PathSanitizer.CleanElement("CON" + new string(' ', 300) + "x"));
        string device = PathSanitizer.CleanElement("nul" + new string(' ', 300) + "x.txt");
        Assert.StartsWith("_nul ", device, StringComparison.Ordinal);
        Assert.Equal(255, Encoding.UTF8.GetByteCount(device));
    }

    [Fact]
    public void Every_input_gives_one_safe_element_that_stays_unchanged()
    {
        var random = new Random(7);
        byte[] alphabet = [.. "./\\:*?\"<>| \0\u001B.COMNUL1ab$"u8, 0xE2, 0x80, 0xAE, 0xF0, 0x9F, 0x91, 0x8D, 0xC2, 0x85, 0xFF];
        for (int round = 0; round < 30_000; round++)
        {
            byte[] name = random.GetItems(alphabet, random.Next(round % 100 == 0 ? 600 : 12));
            string element = PathSanitizer.CleanElement(name);

            Assert.NotEmpty(element);
            Assert.InRange(Encoding.UTF8.GetByteCount(element), 1, 255);
            Assert.DoesNotContain(element, character => "/\\:*?\"<>|\0\u001B".Contains(character, StringComparison.Ordinal));
            Assert.DoesNotContain('\u202E', element);
            Assert.DoesNotContain('\u0085', element);
            Assert.DoesNotContain('\uFFFD', element);
            Assert.False(element[^1] is '.' or ' ');
            string stem = element.Split('.')[0].TrimEnd(' ').ToUpperInvariant();
            Assert.DoesNotContain(stem, new[] { "CON", "NUL", "COM1", "CLOCK$" });
            Assert.Equal(element, PathSanitizer.CleanElement(element));
        }
    }

    private static string Emoji(int count) => string.Concat(Enumerable.Repeat("👍", count));
}
