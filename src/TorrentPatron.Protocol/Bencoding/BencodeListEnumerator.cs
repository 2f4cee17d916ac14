namespace TorrentPatron.Protocol.Bencoding;

/// <summary>Walks the values of a list, without allocating: for <c>foreach</c>.</summary>
public struct BencodeListEnumerator
{
    private readonly BencodeDocument _document;
    private readonly int _end;
    private int _index;
    private int _next;

    internal BencodeListEnumerator(BencodeDocument document, int index)
    {
        _document = document;
        _index = index;
        _next = index + 1;
        _end = index + document.Token(index).Span;
    }

    /// <summary>The value at hand.</summary>
    public readonly BencodeElement Current => new(_document, _index);

    /// <summary>Itself, as <c>foreach</c> asks for it.</summary>
    public readonly BencodeListEnumerator GetEnumerator() => this;

    /// <summary>Goes to the next value.</summary>
    /// <returns>Whether there is one.</returns>
    public bool MoveNext()
    {
        if (_next >= _end)
            return false;

        _index = _next;
        _next += _document.Token(_index).Span;
        return true;
    }
}
