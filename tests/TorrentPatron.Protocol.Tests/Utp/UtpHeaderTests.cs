using TorrentPatron.Protocol.Utp;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Utp;

public sealed class UtpHeaderTests
{
    [Fact]
    public void A_header_is_written_as_BEP_29_says()
    {
        byte[] bytes = new byte[UtpHeader.Length];
        var header = new UtpHeader(UtpPacketType.State, 0x0102, 0x03040506, 0x0708090A, 0x0B0C0D0E, 0x0F10, 0x1112);
        header.Write(bytes);
        Assert.Equal("2100" + "0102" + "03040506" + "0708090A" + "0B0C0D0E" + "0F10" + "1112", Convert.ToHexString(bytes));
        Assert.True(UtpHeader.TryRead(bytes, out UtpHeader read, out ReadOnlySpan<byte> bits, out ReadOnlySpan<byte> payload));
        Assert.Equal(header, read);
        Assert.True(bits.IsEmpty && payload.IsEmpty);
    }

    [Fact]
    public void Extensions_are_skipped_and_a_selective_acknowledgement_is_found_among_them()
    {
        byte[] bytes = [.. Header(extension: 2), 1, 8, 0, 0, 0, 0, 0, 0, 0, 0, 9, 4, 0xA1, 0xB2, 0xC3, 0xD4, 0, 1, 7, 0x55, 0x66];
        Assert.True(UtpHeader.TryRead(bytes, out _, out ReadOnlySpan<byte> bits, out ReadOnlySpan<byte> payload));
        Assert.Equal([0xA1, 0xB2, 0xC3, 0xD4], bits.ToArray());
        Assert.Equal([0x55, 0x66], payload.ToArray());
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 0, 200, 1, 2, 3 })]
    [InlineData(new byte[] { 1, 0, 1, 0, 1, 0 })]
    public void An_extension_that_does_not_end_is_refused(byte[] rest) =>
        Assert.False(UtpHeader.TryRead([.. Header(extension: 1), .. rest], out _, out _, out _));

    [Fact]
    public void A_chain_of_very_many_extensions_is_refused()
    {
        byte[] bytes = [.. Header(extension: 5), .. Enumerable.Repeat<byte[]>([5, 0], 600).SelectMany(pair => pair)];
        Assert.False(UtpHeader.TryRead(bytes, out _, out _, out _));
    }

    [Theory]
    [InlineData(0x64)]
    [InlineData(0x00)]
    [InlineData(0x02)]
    [InlineData(0x51)]
    public void Other_protocols_and_versions_are_refused(byte first)
    {
        byte[] bytes = Header(0);
        bytes[0] = first;
        Assert.False(UtpHeader.IsUtp(bytes));
        Assert.False(UtpHeader.TryRead(bytes, out _, out _, out _));
    }

    [Fact]
    public void Padding_of_every_length_is_skipped()
    {
        for (int length = 2; length < 1_400; length++)
        {
            byte[] bytes = new byte[UtpHeader.Length + length + 1];
            new UtpHeader(UtpPacketType.Data, 1, 2, 3, 4, 5, 6).Write(bytes, UtpHeader.Padding);
            UtpHeader.WritePadding(bytes.AsSpan(UtpHeader.Length, length));
            bytes[^1] = 0x77;
            Assert.True(UtpHeader.TryRead(bytes, out _, out _, out ReadOnlySpan<byte> payload), $"{length}");
            Assert.Equal([0x77], payload.ToArray());
        }
    }

    private static byte[] Header(byte extension)
    {
        byte[] bytes = new byte[UtpHeader.Length];
        new UtpHeader(UtpPacketType.Data, 1, 2, 3, 4, 5, 6).Write(bytes, extension);
        return bytes;
    }
}
