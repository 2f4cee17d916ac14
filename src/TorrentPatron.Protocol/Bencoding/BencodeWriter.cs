using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace TorrentPatron.Protocol.Bencoding;

/// <summary>
/// Writes bencoded values (BEP 3). The caller gives a dictionary's keys in ascending byte order; anything not canonical is
/// rejected.
/// </summary>
public sealed class BencodeWriter
{
    private readonly IBufferWriter<byte> _output;

    /// <summary>The open lists and dictionaries, outermost first, followed by frames for reuse.</summary>
    private readonly List<Frame> _frames = [];
    private int _depth;

    /// <summary>Makes a writer.</summary>
    /// <param name="output">The destination, such as an <see cref="ArrayBufferWriter{T}"/>.</param>
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

    /// <summary>Writes a string of bytes that the caller fills in.</summary>
    /// <param name="length">The number of bytes, 0 or more.</param>
    /// <returns>The destination: fill all of it before writing anything else.</returns>
    /// <exception cref="InvalidOperationException">A dictionary's key is due here.</exception>
    public Span<byte> ReserveString(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        BeforeValue();
        WriteLength(length);
        if (length == 0)
            return [];
        Span<byte> place = _output.GetSpan(length)[..length];
        _output.Advance(length);
        return place;
    }

    /// <summary>Writes a text as UTF-8.</summary>
    /// <exception cref="InvalidOperationException">A dictionary's key is due here.</exception>
    public void WriteString(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        BeforeValue();
        int length = Encoding.UTF8.GetByteCount(value);
        WriteLength(length);
        Encoding.UTF8.GetBytes(value, _output.GetSpan(length));
        _output.Advance(length);
    }

    /// <summary>Writes the key of the next value.</summary>
    /// <param name="key">Greater than the dictionary's previous key, compared byte by byte.</param>
    /// <exception cref="InvalidOperationException">No key is expected here, or it does not follow the previous one.</exception>
    public void WriteKey(ReadOnlySpan<byte> key)
    {
        if (_depth == 0 || !_frames[_depth - 1].IsKeyDue)
            throw new InvalidOperationException("A key can be written only in a dictionary, before each value.");

        _frames[_depth - 1].TakeKey(key);
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

    /// <summary>Writes a value that is already bencoded.</summary>
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

    /// <summary>Ends the innermost open list or dictionary.</summary>
    /// <exception cref="InvalidOperationException">None is open, or its last key has no value.</exception>
    public void End()
    {
        if (_depth == 0)
            throw new InvalidOperationException("No list or dictionary is open.");
        if (_frames[_depth - 1] is { IsDictionary: true, IsKeyDue: false })
            throw new InvalidOperationException("The dictionary's last key has no value.");

        _depth--;
        _output.Write("e"u8);
    }

    /// <summary>Forgets all open lists and dictionaries, to start again.</summary>
    public void Reset() => _depth = 0;

    private void Begin(byte mark, bool isDictionary)
    {
        BeforeValue();
        _output.Write([mark]);
        if (_depth == _frames.Count)
            _frames.Add(new Frame());
        _frames[_depth++].Begin(isDictionary);
    }

    private void BeforeValue()
    {
        if (_depth > 0)
            _frames[_depth - 1].TakeValue();
    }

    private void WriteCounted(ReadOnlySpan<byte> content)
    {
        WriteLength(content.Length);
        _output.Write(content);
    }

    private void WriteLength(int length)
    {
        Span<byte> buffer = _output.GetSpan(11);
        Utf8Formatter.TryFormat(length, buffer, out int digits);
        buffer[digits] = (byte)':';
        _output.Advance(digits + 1);
    }

    /// <summary>An open list or dictionary.</summary>
    private sealed class Frame
    {
        private const int UsualKeyLength = 32;

        private byte[] _key = [];
        private int _keyLength;
        private bool _hasKey;

        public bool IsDictionary { get; private set; }

        public bool IsKeyDue { get; private set; }

        public void Begin(bool isDictionary)
        {
            IsDictionary = IsKeyDue = isDictionary;
            _hasKey = false;
        }

        public void TakeKey(ReadOnlySpan<byte> key)
        {
            ReadOnlySpan<byte> last = _key.AsSpan(0, _keyLength);
            if (_hasKey && key.SequenceCompareTo(last) <= 0)
            {
                throw new InvalidOperationException(
                    $"The key '{Encoding.UTF8.GetString(key)}' comes after '{Encoding.UTF8.GetString(last)}', out of order.");
            }

            if (_key.Length < key.Length)
                _key = new byte[Math.Max(UsualKeyLength, key.Length)];
            key.CopyTo(_key);
            (_keyLength, _hasKey, IsKeyDue) = (key.Length, true, false);
        }

        public void TakeValue()
        {
            if (IsKeyDue)
                throw new InvalidOperationException("A dictionary's value needs a key before it.");
            IsKeyDue = IsDictionary;
        }
    }
}
