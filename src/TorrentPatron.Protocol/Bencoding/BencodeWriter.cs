using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace TorrentPatron.Protocol.Bencoding;

/// <summary>
/// Writes bencoded values (BEP 3). The caller gives a dictionary's keys in ascending order of their bytes; what would not
/// be canonical is refused.
/// </summary>
public sealed class BencodeWriter
{
    private readonly IBufferWriter<byte> _output;
    private readonly Stack<Frame> _frames = new();

    /// <summary>Makes a writer.</summary>
    /// <param name="output">Where the bytes go, such as an <see cref="ArrayBufferWriter{T}"/>.</param>
    public BencodeWriter(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
    }

    /// <summary>Writes an integer.</summary>
    /// <exception cref="InvalidOperationException">A dictionary's key is due here.</exception>
    public void WriteInteger(long value)
    {
        BeforeValue();
        Span<byte> buffer = _output.GetSpan(24);
        buffer[0] = (byte)'i';
        Utf8Formatter.TryFormat(value, buffer[1..], out int digits);
        buffer[digits + 1] = (byte)'e';
        _output.Advance(digits + 2);
    }

    /// <summary>Writes a string of bytes.</summary>
    /// <exception cref="InvalidOperationException">A dictionary's key is due here.</exception>
    public void WriteString(ReadOnlySpan<byte> value)
    {
        BeforeValue();
        WriteCounted(value);
    }

    /// <summary>Writes a text as UTF-8.</summary>
    /// <exception cref="InvalidOperationException">A dictionary's key is due here.</exception>
    public void WriteString(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        WriteString(Encoding.UTF8.GetBytes(value));
    }

    /// <summary>Writes the key of the value that comes next.</summary>
    /// <param name="key">Greater than the dictionary's previous key, compared byte by byte.</param>
    /// <exception cref="InvalidOperationException">No key is due here, or it does not follow the previous one.</exception>
    public void WriteKey(ReadOnlySpan<byte> key)
    {
        if (!_frames.TryPeek(out Frame? frame) || !frame.IsKeyDue)
            throw new InvalidOperationException("A key is written in a dictionary only, before each value.");
        if (frame.LastKey is not null && key.SequenceCompareTo(frame.LastKey) <= 0)
        {
            throw new InvalidOperationException(
                $"The key '{Encoding.UTF8.GetString(key)}' comes after '{Encoding.UTF8.GetString(frame.LastKey)}', out of order.");
        }

        frame.LastKey = key.ToArray();
        frame.IsKeyDue = false;
        WriteCounted(key);
    }

    /// <summary>Writes a key and an integer.</summary>
    /// <inheritdoc cref="WriteKey" path="/exception"/>
    public void Write(ReadOnlySpan<byte> key, long value)
    {
        WriteKey(key);
        WriteInteger(value);
    }

    /// <summary>Writes a key and a string of bytes.</summary>
    /// <inheritdoc cref="WriteKey" path="/exception"/>
    public void Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        WriteKey(key);
        WriteString(value);
    }

    /// <summary>Writes a key and a text as UTF-8.</summary>
    /// <inheritdoc cref="WriteKey" path="/exception"/>
    public void Write(ReadOnlySpan<byte> key, string value)
    {
        WriteKey(key);
        WriteString(value);
    }

    /// <summary>Writes a value that is bencoded already.</summary>
    /// <param name="value">Exactly one bencoded value; it is not checked.</param>
    /// <exception cref="InvalidOperationException">A dictionary's key is due here.</exception>
    public void WriteRaw(ReadOnlySpan<byte> value)
    {
        BeforeValue();
        _output.Write(value);
    }

    /// <summary>Begins a list.</summary>
    /// <exception cref="InvalidOperationException">A dictionary's key is due here.</exception>
    public void BeginList() => Begin((byte)'l', isDictionary: false);

    /// <summary>Begins a dictionary.</summary>
    /// <exception cref="InvalidOperationException">A dictionary's key is due here.</exception>
    public void BeginDictionary() => Begin((byte)'d', isDictionary: true);

    /// <summary>Ends the list or dictionary that was begun last.</summary>
    /// <exception cref="InvalidOperationException">None is open, or its last key has no value.</exception>
    public void End()
    {
        if (!_frames.TryPeek(out Frame? frame))
            throw new InvalidOperationException("No list or dictionary is open.");
        if (frame.IsDictionary && !frame.IsKeyDue)
            throw new InvalidOperationException("The dictionary's last key has no value.");

        _frames.Pop();
        _output.Write("e"u8);
    }

    private void Begin(byte mark, bool isDictionary)
    {
        BeforeValue();
        _output.Write([mark]);
        _frames.Push(new Frame { IsDictionary = isDictionary, IsKeyDue = isDictionary });
    }

    private void BeforeValue()
    {
        if (!_frames.TryPeek(out Frame? frame))
            return;
        if (frame.IsKeyDue)
            throw new InvalidOperationException("A dictionary's value needs a key before it.");
        frame.IsKeyDue = frame.IsDictionary;
    }

    private void WriteCounted(ReadOnlySpan<byte> content)
    {
        Span<byte> buffer = _output.GetSpan(11);
        Utf8Formatter.TryFormat(content.Length, buffer, out int digits);
        buffer[digits] = (byte)':';
        _output.Advance(digits + 1);
        _output.Write(content);
    }

    /// <summary>A list or dictionary that is open.</summary>
    private sealed class Frame
    {
        public bool IsDictionary { get; init; }

        public bool IsKeyDue { get; set; }

        public byte[]? LastKey { get; set; }
    }
}
