namespace TorrentPatron.Cli.Tests;

public sealed class TerminalTests
{
    [Fact]
    public void A_file_takes_every_letter_as_UTF_8_without_a_mark_before_it()
    {
        using var file = new MemoryStream();
        Terminal.Of(Terminal.Utf8(file), TextWriter.Null).Line("東京 – ñ 😀");

        Assert.Equal("東京 – ñ 😀" + Environment.NewLine, System.Text.Encoding.UTF8.GetString(file.ToArray()));
    }
}
