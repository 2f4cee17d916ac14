namespace TorrentPatron.Cli.Tests;

public sealed class TerminalTests
{
    [Fact]
    public void Output_to_a_file_is_UTF_8_without_a_byte_order_mark()
    {
        using var file = new MemoryStream();
        Terminal.Of(Terminal.Utf8(file), TextWriter.Null).Line("東京 – ñ 😀");

        Assert.Equal("東京 – ñ 😀" + Environment.NewLine, System.Text.Encoding.UTF8.GetString(file.ToArray()));
    }
}
