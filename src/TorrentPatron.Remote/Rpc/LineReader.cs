using System.Buffers;

namespace TorrentPatron.Remote.Rpc;

/// <summary>
/// Splits a stream of bytes into lines that end with LF. Each byte is searched once. Memory is limited by the longest line, and released after
/// a long line has been read. Not thread-safe.
/// </summary>
/// <param name="maxLineBytes">Maximum length of a line, without its LF.</param>
internal sealed class LineReader(int maxLineBytes) : IDisposable
{
    /// <summary>The least room for new bytes, and the size of the idle buffer.</summary>
    public const int LeastRoom = 8192;

    private const byte LineFeed = (byte)'\n';

    private byte[] _buffer = [];
    private int _begin; // start of the current line
    private int _searched; // there is no LF between _begin and here
    private int _end;

    /// <summary>Whether a line was longer than allowed; no more lines are read then.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>Size of its buffer in bytes.</summary>
    public int Capacity => _buffer.Length;

    /// <summary>Room for new bytes, to be followed by <see cref="Advance"/>. Invalidates the last line.</summary>
    public Memory<byte> GetRoom()
    {
        if (_begin == _end)
        {
            (_begin, _searched, _end) = (0, 0, 0);
            if (_buffer.Length > 8 * LeastRoom)
                Replace(LeastRoom);
        }

        if (_buffer.Length - _end < LeastRoom)
        {
            if (_begin > 0)
                MoveToFront();
            if (_buffer.Length - _end < LeastRoom)
                Replace((int)Math.Min(Math.Max(2L * _buffer.Length, LeastRoom), maxLineBytes + 2L * LeastRoom));
        }

        return _buffer.AsMemory(_end);
    }

    /// <summary>Adds the bytes that were written to the room.</summary>
    /// <param name="count">Number of bytes.</param>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _end);
        _end += count;
    }

    /// <summary>The next complete line, without its LF; empty lines are skipped.</summary>
    /// <param name="line">The line; valid until <see cref="GetRoom"/> is called.</param>
    /// <returns>False if more bytes are needed, or <see cref="IsTooLong"/>.</returns>
    public bool TryRead(out ReadOnlyMemory<byte> line)
    {
        line = default;
        while (!IsTooLong)
        {
            int found = _buffer.AsSpan(_searched, _end - _searched).IndexOf(LineFeed);
            int end = found < 0 ? _end : _searched + found;
            if (end - _begin > maxLineBytes)
            {
                IsTooLong = true;
                return false;
            }

            if (found < 0)
            {
                _searched = _end;
                return false;
            }

            line = _buffer.AsMemory(_begin, end - _begin);
            _begin = _searched = end + 1;
            if (line.Span.Trim(" \t\r"u8).Length > 0)
                return true;
        }

        return false;
    }

    /// <summary>Releases the buffer.</summary>
    public void Dispose()
    {
        (_begin, _searched, _end) = (0, 0, 0);
        Return();
    }

    private void MoveToFront()
    {
        _buffer.AsSpan(_begin, _end - _begin).CopyTo(_buffer);
        (_searched, _end, _begin) = (_searched - _begin, _end - _begin, 0);
    }

    private void Replace(int capacity)
    {
        byte[] next = ArrayPool<byte>.Shared.Rent(capacity);
        _buffer.AsSpan(0, _end).CopyTo(next);
        Return();
        _buffer = next;
    }

    private void Return()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }
}
