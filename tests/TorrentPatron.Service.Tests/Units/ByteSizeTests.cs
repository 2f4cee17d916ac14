using TorrentPatron.Service.Units;

namespace TorrentPatron.Service.Tests.Units;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("17", 17)]
    [InlineData("17B", 17)]
    [InlineData("512K", 512 * 1024)]
    [InlineData("512kib", 512 * 1024)]
    [InlineData("2M", 2 << 20)]
    [InlineData("500K", 500 << 10)]
    [InlineData("500KB", 500 << 10)]
    [InlineData("1kB", 1 << 10)]
    [InlineData("1.5MiB", 3 << 19)]
    [InlineData(" 2 MB/s ", 2 << 20)]
    [InlineData("10/S", 10)]
    [InlineData("256MiB", 256L << 20)]
    [InlineData("1.5 GiB", 3L << 29)]
    [InlineData("2TB", 2L << 40)]
    [InlineData("1P", 1L << 50)]
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
    [InlineData("/s")]
    [InlineData("1/s/s")]
    [InlineData("1,5M")]
    [InlineData("1Mbit")]
    [InlineData("M")]
    [InlineData("99999999999TiB")]
    public void An_invalid_or_too_large_size_is_refused(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1023, "1.00 KiB")]
    [InlineData(1536, "1.50 KiB")]
    [InlineData(256L << 20, "256 MiB")]
    public void A_size_is_shown_with_three_significant_digits(long bytes, string text) =>
        Assert.Equal(text, ByteSize.Format(bytes));
}
