namespace TorrentPatron.Protocol.Bencoding;

/// <summary>Walks the entries of a dictionary, without allocating: for <c>foreach</c>.</summary>
public struct BencodeDictionaryEnumerator
{
    private readonly BencodeDocument _document;
    private readonly int _end;
    private int _key;
    private int _next;

    internal BencodeDictionaryEnumerator(BencodeDocument document, int index)
    {
        _document = document;
        _key = index;
        _next = index + 1;
        _end = index + document.Token(index).Span;
    }

    /// <summary>The entry at hand. A key takes one token, so its value is the token after it.</summary>
    public readonly BencodeEntry Current => new(new BencodeElement(_document, _key), new BencodeElement(_document, _key + 1));

    /// <summary>Itself, as <c>foreach</c> asks for it.</summary>
    public readonly BencodeDictionaryEnumerator GetEnumerator() => this;

    /// <summary>Goes to the next entry.</summary>
    /// <returns>Whether there is one.</returns>
    public bool MoveNext()
    {
        if (_next >= _end)
            return false;

        _key = _next;
        _next = _key + 1 + _document.Token(_key + 1).Span;
        return true;
    }
}
