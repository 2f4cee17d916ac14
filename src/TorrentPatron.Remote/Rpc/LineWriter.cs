using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace TorrentPatron.Remote.Rpc;

/// <summary>Writes lines of JSON, one after another, into a reused buffer, which shrinks after a long line. Not thread-safe.</summary>
/// <param name="maxLineBytes">Maximum length of a line, without its LF.</param>
internal sealed class LineWriter(int maxLineBytes) : IBufferWriter<byte>, IDisposable
{
    private const int Kept = 64 * 1024;
    private const int LeastRoom = 4096;

    // Relaxed: other scripts stay readable and short; no browser ever shows a line.
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = RpcLimits.MaxDepth, SkipValidation = true,
    };

    private byte[] _buffer = [];
    private int _length;
    private Utf8JsonWriter? _json;

    /// <summary>Writes a line.</summary>
    /// <param name="state">The value to write.</param>
    /// <param name="write">Writes it as one JSON value.</param>
    /// <returns>The line with its LF; valid until the next call.</returns>
    /// <exception cref="LineTooLongException">It is too long; the next line can be written.</exception>
    public ReadOnlyMemory<byte> Write<TState>(TState state, Action<Utf8JsonWriter, TState> write)
    {
        _length = 0;
        _json ??= new Utf8JsonWriter(this, Options);
        _json.Reset();
        write(_json, state);
        _json.Flush();
        GetSpan(1)[0] = (byte)'\n';
        _length++;
        return _buffer.AsMemory(0, _length);
    }

    /// <summary>Shrinks the buffer after a long line.</summary>
    public void Trim()
    {
        if (_buffer.Length > Kept)
            Dispose();
    }

    /// <summary>Releases the buffer.</summary>
    public void Dispose()
    {
        _length = 0;
        // The writer keeps the memory that it was given last.
        _json?.Reset();
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        _length += count;
        if (_length > maxLineBytes)
            throw new LineTooLongException(maxLineBytes);
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        int needed = Math.Max(sizeHint, 1);
        if (_buffer.Length - _length < needed)
        {
            byte[] next = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(2L * _buffer.Length, _length + (long)needed + LeastRoom), Array.MaxLength));
            _buffer.AsSpan(0, _length).CopyTo(next);
            if (_buffer.Length > 0)
                ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = next;
        }

        return _buffer.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}

/// <summary>A message is longer than the protocol allows.</summary>
/// <param name="maxLineBytes">The limit.</param>
internal sealed class LineTooLongException(int maxLineBytes) : IOException($"A message is longer than {maxLineBytes} bytes.");
