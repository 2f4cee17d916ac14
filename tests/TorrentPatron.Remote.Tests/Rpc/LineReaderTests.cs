using System.Text;
using TorrentPatron.Remote.Rpc;

namespace TorrentPatron.Remote.Tests.Rpc;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("a\nb\n", "a|b")]
    [InlineData("a\r\nb\r\n", "a\r|b\r")]
    [InlineData("\n\n \r\n\ta\n\n", "\ta")]
    [InlineData("a\nunfinished", "a")]
    [InlineData("", "")]
    [InlineData("\n", "")]
    public void A_stream_is_split_into_lines_regardless_of_its_chunks(string stream, string lines)
    {
        for (int size = 1; size <= Math.Max(1, stream.Length); size++)
        {
            using var reader = new LineReader(100);
            Assert.Equal(lines, string.Join('|', Read(reader, Encoding.UTF8.GetBytes(stream), size)));
            Assert.False(reader.IsTooLong);
        }
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void A_line_may_be_as_long_as_the_limit_and_no_longer(int length, bool isRead)
    {
        foreach (string end in new[] { "\n", "\nnext\n", "" })
        {
            using var reader = new LineReader(100);
            string line = new('x', length);
            var lines = Read(reader, Encoding.UTF8.GetBytes(line + end), 7);
            Assert.Equal(isRead && end.Length > 0, lines.FirstOrDefault() == line);
            Assert.Equal(!isRead, reader.IsTooLong);
        }
    }

    [Fact]
    public void Nothing_is_read_after_a_line_that_is_too_long()
    {
        using var reader = new LineReader(10);
        Assert.Equal(["a"], Read(reader, "a\nxxxxxxxxxxxxxxx\nb\n"u8, 100));
        Assert.True(reader.IsTooLong);
        Assert.Empty(Read(reader, "c\n"u8, 100));
    }

    [Fact]
    public void Memory_is_limited_by_the_longest_line_and_released_after_it()
    {
        using var reader = new LineReader(1 << 20);
        byte[] noise = new byte[1 << 16];
        Array.Fill(noise, (byte)'x');
        int most = 0;
        for (int i = 0; i < 1024 && !reader.IsTooLong; i++)
        {
            Read(reader, noise, noise.Length);
            most = Math.Max(most, reader.Capacity);
        }

        Assert.True(reader.IsTooLong);
        Assert.InRange(most, 1 << 20, 1 << 21);

        using var next = new LineReader(1 << 20);
        Assert.Single(Read(next, [.. noise, .. noise, (byte)'\n'], 5000));
        Assert.InRange(next.Capacity, 1 << 17, 1 << 20);
        next.GetRoom();
        Assert.Equal(LineReader.LeastRoom, next.Capacity);
    }

    [Fact]
    public void Many_lines_in_one_chunk_are_all_read()
    {
        using var reader = new LineReader(100);
        string stream = string.Concat(Enumerable.Range(0, 5000).Select(i => $"line {i}\n"));
        Assert.Equal(Enumerable.Range(0, 5000).Select(i => $"line {i}"), Read(reader, Encoding.UTF8.GetBytes(stream), 4096));
        Assert.InRange(reader.Capacity, 1, 3 * LineReader.LeastRoom);
    }

    private static List<string> Read(LineReader reader, ReadOnlySpan<byte> stream, int size)
    {
        var lines = new List<string>();
        while (stream.Length > 0)
        {
            Span<byte> room = reader.GetRoom().Span;
            int count = Math.Min(Math.Min(size, stream.Length), room.Length);
            stream[..count].CopyTo(room);
            stream = stream[count..];
            reader.Advance(count);
            while (reader.TryRead(out ReadOnlyMemory<byte> line))
                lines.Add(Encoding.UTF8.GetString(line.Span));
        }

        return lines;
    }
}
