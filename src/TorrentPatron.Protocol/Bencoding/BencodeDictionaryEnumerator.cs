namespace TorrentPatron.Protocol.Bencoding;

/// <summary>Enumerates the entries of a dictionary without allocating, for <c>foreach</c>.</summary>
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

    /// <summary>The current entry. A key takes one token, so its value is the next token.</summary>
    public readonly BencodeEntry Current => new(new BencodeElement(_document, _key), new BencodeElement(_document, _key + 1));

    /// <summary>Returns itself, for <c>foreach</c>.</summary>
    public readonly BencodeDictionaryEnumerator GetEnumerator() => this;

    /// <summary>Moves to the next entry.</summary>
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
