using TorrentPatron.Cli.Parsing;

namespace TorrentPatron.Cli.Tests.Parsing;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("17", 17)]
    [InlineData("17B", 17)]
    [InlineData("512K", 512 * 1024)]
    [InlineData("512kib", 512 * 1024)]
    [InlineData("1kB", 1000)]
    [InlineData("256MiB", 256L << 20)]
    [InlineData("1.5 GiB", 3L << 29)]
    [InlineData("2TB", 2_000_000_000_000)]
    public void A_size_is_a_number_with_or_without_a_unit(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out long read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData("1 XB")]
    [InlineData("1Kb2")]
    [InlineData("99999999999TiB")]
    public void What_is_no_size_or_too_large_is_refused(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(256L << 20, "256.0 MiB")]
    public void A_size_is_shown_with_one_digit_after_the_point(long bytes, string text) =>
        Assert.Equal(text, ByteSize.Format(bytes));
}
