using System.Buffers.Text;
using System.Text;

namespace TorrentPatron.Protocol.Bencoding;

/// <summary>
/// One value of a <see cref="BencodeDocument"/>. The <c>As...</c> and <c>Enumerate...</c> methods throw if the value has another
/// kind; the <c>Try...</c> methods return <c>false</c>, also for a <c>default</c> element.
/// </summary>
public readonly struct BencodeElement
{
    private readonly BencodeDocument? _document;
    private readonly int _index;

    internal BencodeElement(BencodeDocument document, int index)
    {
        _document = document;
        _index = index;
    }

    /// <summary>The kind of value.</summary>
    public BencodeKind Kind => _document is null ? BencodeKind.None : _document.Token(_index).Kind;

    /// <summary>The exact bytes of the whole value, for computing hashes.</summary>
    public ReadOnlyMemory<byte> Raw
    {
        get
        {
            if (_document is null)
                return default;
            ref readonly BencodeToken token = ref _document.Token(_index);
            return _document.Data.Slice(token.Offset, token.Length);
        }
    }

    /// <summary>The number of a list's values or of a dictionary's entries, including repeated keys; else 0.</summary>
    public int Count => Kind switch
    {
        BencodeKind.List => _document!.Token(_index).Detail,
        BencodeKind.Dictionary => _document!.Token(_index).Detail / 2,
        _ => 0,
    };

    /// <summary>The offset of the value in the data, bytes.</summary>
    public int Offset => _document is null ? 0 : _document.Token(_index).Offset;

    /// <summary>The integer.</summary>
    /// <exception cref="BencodeException">The value is not an integer.</exception>
    public long AsInteger() => TryGetInteger(out long value) ? value : throw NotA("An integer");

    /// <summary>The content of the string, not copied.</summary>
    /// <exception cref="BencodeException">The value is not a string.</exception>
    public ReadOnlySpan<byte> AsBytes() => AsMemory().Span;

    /// <summary>The content of the string, not copied.</summary>
    /// <exception cref="BencodeException">The value is not a string.</exception>
    public ReadOnlyMemory<byte> AsMemory() => TryGetBytes(out ReadOnlyMemory<byte> value) ? value : throw NotA("A string");

    /// <summary>
    /// The string as UTF-8; invalid sequences become U+FFFD. It may contain control characters: use <c>DisplayText.Clean</c>
    /// before showing it.
    /// </summary>
    /// <exception cref="BencodeException">The value is not a string.</exception>
    public string AsText() => Encoding.UTF8.GetString(AsBytes());

    /// <summary>Gets the integer, if the value is one.</summary>
    public bool TryGetInteger(out long value)
    {
        if (Kind != BencodeKind.Integer)
        {
            value = 0;
            return false;
        }

        // The parser has checked the digits and the range.
        return Utf8Parser.TryParse(Raw.Span[1..^1], out value, out _);
    }

    /// <summary>Gets the content of the string, not copied, if the value is one.</summary>
    public bool TryGetBytes(out ReadOnlyMemory<byte> value)
    {
        if (Kind != BencodeKind.String)
        {
            value = default;
            return false;
        }

        value = Raw[_document!.Token(_index).Detail..];
        return true;
    }

    /// <summary>Finds a key in a dictionary; the first one counts if it is repeated.</summary>
    /// <param name="key">The key's bytes, as in <c>"info"u8</c>.</param>
    /// <param name="value">The key's value, else <c>default</c>.</param>
    /// <returns>Whether the value is a dictionary with that key.</returns>
    public bool TryGet(ReadOnlySpan<byte> key, out BencodeElement value)
    {
        if (Kind == BencodeKind.Dictionary)
        {
            // This walks the tokens directly, not entries: most of the time for reading a torrent goes into key lookups.
            ReadOnlySpan<byte> data = _document!.Data.Span;
            int end = _index + _document.Token(_index).Span;
            for (int at = _index + 1; at < end; at += 1 + _document.Token(at + 1).Span)
            {
                ref readonly BencodeToken token = ref _document.Token(at);
                if (data.Slice(token.Offset + token.Detail, token.Length - token.Detail).SequenceEqual(key))
                {
                    value = new BencodeElement(_document, at + 1);
                    return true;
                }
            }
        }

        value = default;
        return false;
    }

    /// <summary>The values of a list, in order.</summary>
    /// <exception cref="BencodeException">The value is not a list.</exception>
    public BencodeListEnumerator EnumerateList() =>
        Kind == BencodeKind.List ? new BencodeListEnumerator(_document!, _index) : throw NotA("A list");

    /// <summary>The entries of a dictionary, in the order of the data, including repeated keys.</summary>
    /// <exception cref="BencodeException">The value is not a dictionary.</exception>
    public BencodeDictionaryEnumerator EnumerateDictionary() =>
        Kind == BencodeKind.Dictionary ? new BencodeDictionaryEnumerator(_document!, _index) : throw NotA("A dictionary");

    private BencodeException NotA(string expected) => new($"{expected} was expected at offset {Offset}.", Offset);
}
