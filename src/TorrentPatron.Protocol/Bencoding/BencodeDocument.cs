namespace TorrentPatron.Protocol.Bencoding;

/// <summary>
/// A bencoded value (BEP 3), read once into a flat tape of tokens. Nothing is copied: the document and its elements
/// refer to the caller's bytes, which must not change while they are in use.
/// </summary>
/// <remarks>
/// Lenient as mainstream clients are, because what is hashed is the bytes as they stand: keys may be unsorted or
/// repeated (the first one counts), numbers and lengths may have leading zeros, and minus zero is zero.
/// Strict where leniency would be a guess: an integer beyond 64 bits, a key that is no string, a key without a value.
/// </remarks>
public sealed class BencodeDocument
{
    private readonly BencodeToken[] _tokens;

    internal BencodeDocument(ReadOnlyMemory<byte> data, BencodeToken[] tokens)
    {
        Data = data;
        _tokens = tokens;
    }

    /// <summary>The outermost value.</summary>
    public BencodeElement Root => new(this, 0);

    /// <summary>The bytes that were read, from the beginning of the outermost value to its end.</summary>
    internal ReadOnlyMemory<byte> Data { get; }

    /// <summary>Reads exactly one value.</summary>
    /// <param name="data">The value, with nothing after it.</param>
    /// <param name="limits">The bounds; <see cref="BencodeLimits.Default"/> if not given.</param>
    /// <exception cref="BencodeException">The data is no bencoded value, ends too early or late, or exceeds a bound.</exception>
    public static BencodeDocument Parse(ReadOnlyMemory<byte> data, BencodeLimits? limits = null)
    {
        BencodeDocument document = ParsePrefix(data, out int consumed, limits);
        return consumed == data.Length
            ? document
            : throw new BencodeException($"The value ends at offset {consumed}, but more data follows it.", consumed);
    }

    /// <summary>Reads the value that the data begins with, such as the header of a metadata message (BEP 9).</summary>
    /// <param name="data">The value, with anything after it.</param>
    /// <param name="consumed">How many bytes the value takes.</param>
    /// <param name="limits">The bounds; <see cref="BencodeLimits.Default"/> if not given.</param>
    /// <exception cref="BencodeException">The data does not begin with a value, ends too early, or exceeds a bound.</exception>
    public static BencodeDocument ParsePrefix(ReadOnlyMemory<byte> data, out int consumed, BencodeLimits? limits = null)
    {
        var parser = new BencodeParser(data.Span, limits ?? BencodeLimits.Default);
        BencodeToken[] tokens = parser.Parse(out consumed);
        return new BencodeDocument(data[..consumed], tokens);
    }

    internal ref readonly BencodeToken Token(int index) => ref _tokens[index];
}
