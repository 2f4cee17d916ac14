using TorrentPatron.PowerShell.Binding;

namespace TorrentPatron.PowerShell.Tests.Binding;

public sealed class ByteSizeReaderTests
{
    [Theory]
    [InlineData(512000, 512000)]
    [InlineData(1L << 40, 1L << 40)]
    [InlineData(1.5 * (1 << 20), 3 << 19)]
    [InlineData(-1, -1)]
    [InlineData("2M", 2 << 20)]
    [InlineData("500K", 500 << 10)]
    [InlineData("1.5MiB", 3 << 19)]
    [InlineData("2 MB/s", 2 << 20)]
    [InlineData("77", 77)]
    public void Numbers_are_bytes_and_texts_may_have_a_unit(object value, long bytes)
    {
        Assert.True(ByteSizeReader.TryRead(value, out long read));
        Assert.Equal(bytes, read);
    }

    [Fact]
    public void A_decimal_is_a_number_too()
    {
        Assert.True(ByteSizeReader.TryRead(7.9m, out long read));
        Assert.Equal(7, read);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("fast")]
    [InlineData("-1")]
    [InlineData("2 Mbit/s")]
    [InlineData(double.NaN)]
    [InlineData(1e19)]
    [InlineData(ulong.MaxValue)]
    [InlineData(true)]
    public void An_invalid_number_of_bytes_is_refused(object? value) => Assert.False(ByteSizeReader.TryRead(value, out _));
}
