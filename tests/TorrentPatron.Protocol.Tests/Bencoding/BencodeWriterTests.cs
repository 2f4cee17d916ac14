using System.Buffers;
using System.Text;
using TorrentPatron.Protocol.Bencoding;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Bencoding;

public sealed class BencodeWriterTests
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly BencodeWriter _writer;

    public BencodeWriterTests() => _writer = new BencodeWriter(_output);

    [Theory]
    [InlineData(0, "i0e")]
    [InlineData(-3, "i-3e")]
    [InlineData(long.MinValue, "i-9223372036854775808e")]
    [InlineData(long.MaxValue, "i9223372036854775807e")]
    public void Integers_are_written(long value, string expected)
    {
        _writer.WriteInteger(value);

        Assert.Equal(expected, Written);
    }

    [Fact]
    public void Every_kind_is_written_and_reads_back()
    {
        _writer.BeginDictionary();
        _writer.Write("a"u8, "bytes"u8);
        _writer.Write("b"u8, "größe");
        _writer.WriteKey("c"u8);
        _writer.BeginList();
        _writer.WriteInteger(1);
        _writer.WriteRaw("d1:xi1ee"u8);
        _writer.BeginDictionary();
        _writer.End();
        _writer.WriteString("");
        _writer.End();
        _writer.Write("d"u8, 7);
        _writer.End();

        Assert.Equal("d1:a5:bytes1:b7:größe1:cli1ed1:xi1eede0:e1:di7ee", Written);
        Assert.Equal(4, BencodeDocument.Parse(_output.WrittenMemory).Root.Count);
    }

    [Fact]
    public void A_reserved_string_is_filled_in_place()
    {
        _writer.BeginList();
        "abc"u8.CopyTo(_writer.ReserveString(3));
        Assert.True(_writer.ReserveString(0).IsEmpty);
        _writer.End();

        Assert.Equal("l3:abc0:e", Written);
    }

    [Fact]
    public void A_reset_forgets_open_containers()
    {
        _writer.BeginDictionary();
        _writer.WriteKey("a"u8);
        _writer.Reset();
        _writer.WriteInteger(1);

        Assert.Equal("d1:ai1e", Written);
        Assert.Throws<InvalidOperationException>(_writer.End);
    }

    [Fact]
    public void Keys_out_of_order_or_repeated_are_refused()
    {
        _writer.BeginDictionary();
        _writer.Write("b"u8, 1);

        Assert.Throws<InvalidOperationException>(() => _writer.WriteKey("a"u8));
        Assert.Throws<InvalidOperationException>(() => _writer.WriteKey("b"u8));
        _writer.WriteKey("ba"u8);
    }

    [Fact]
    public void Keys_are_required_in_dictionaries_and_refused_elsewhere()
    {
        Assert.Throws<InvalidOperationException>(() => _writer.WriteKey("a"u8));
        Assert.Throws<InvalidOperationException>(_writer.End);

        _writer.BeginDictionary();
        Assert.Throws<InvalidOperationException>(() => _writer.WriteInteger(1));
        Assert.Throws<InvalidOperationException>(() => _writer.WriteString("a"));
        Assert.Throws<InvalidOperationException>(_writer.BeginList);

        _writer.WriteKey("a"u8);
        Assert.Throws<InvalidOperationException>(() => _writer.WriteKey("b"u8));
        Assert.Throws<InvalidOperationException>(_writer.End);
    }

    private string Written => Encoding.UTF8.GetString(_output.WrittenSpan);
}
