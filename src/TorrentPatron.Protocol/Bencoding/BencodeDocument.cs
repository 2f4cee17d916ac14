namespace TorrentPatron.Protocol.Bencoding;

/// <summary>
/// A bencoded value (BEP 3), parsed once into a flat tape of tokens. Nothing is copied: the document and its elements refer to
/// the caller's bytes, which must not change while they are in use.
/// </summary>
/// <remarks>
/// Lenient like mainstream clients, because hashes cover the exact bytes: keys may be unsorted or repeated (the first one
/// counts), numbers and lengths may have leading zeros, and minus zero is zero. Strict where leniency would be a guess: an
/// integer beyond 64 bits, a key that is not a string, a key without a value.
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

    /// <summary>The bytes of the outermost value.</summary>
    internal ReadOnlyMemory<byte> Data { get; }

    /// <summary>Parses exactly one value.</summary>
    /// <param name="data">The value, with nothing after it.</param>
    /// <param name="limits">The limits; <see cref="BencodeLimits.Default"/> if not given.</param>
    /// <exception cref="BencodeException">The data is not a bencoded value, is truncated or too long, or exceeds a
    /// limit.</exception>
    public static BencodeDocument Parse(ReadOnlyMemory<byte> data, BencodeLimits? limits = null)
    {
        BencodeDocument document = ParsePrefix(data, out int consumed, limits);
        return consumed == data.Length
            ? document
            : throw new BencodeException($"The value ends at offset {consumed}, but more data follows it.", consumed);
    }

    /// <summary>Parses the value at the beginning of the data, such as the header of a metadata message (BEP 9).</summary>
    /// <param name="data">The value, followed by anything.</param>
    /// <param name="consumed">The length of the value, bytes.</param>
    /// <param name="limits">The limits; <see cref="BencodeLimits.Default"/> if not given.</param>
    /// <exception cref="BencodeException">The data does not begin with a value, is truncated, or exceeds a limit.</exception>
    public static BencodeDocument ParsePrefix(ReadOnlyMemory<byte> data, out int consumed, BencodeLimits? limits = null)
    {
        var parser = new BencodeParser(data.Span, limits ?? BencodeLimits.Default);
        BencodeToken[] tokens = parser.Parse(out consumed);
        return new BencodeDocument(data[..consumed], tokens);
    }

    internal ref readonly BencodeToken Token(int index) => ref _tokens[index];
}
