namespace TorrentPatron.Protocol.Bencoding;

/// <summary>Enumerates the values of a list without allocating, for <c>foreach</c>.</summary>
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

    /// <summary>The current value.</summary>
    public readonly BencodeElement Current => new(_document, _index);

    /// <summary>Returns itself, for <c>foreach</c>.</summary>
    public readonly BencodeListEnumerator GetEnumerator() => this;

    /// <summary>Moves to the next value.</summary>
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
