namespace TorrentPatron.Protocol.Bencoding;

/// <summary>The four kinds of bencoded values (BEP 3).</summary>
public enum BencodeKind
{
    /// <summary>No value at all: the kind of a <c>default</c> element.</summary>
    None,

    /// <summary><c>i42e</c></summary>
    Integer,

    /// <summary><c>4:spam</c>: bytes, which need not be text.</summary>
    String,

    /// <summary><c>l...e</c></summary>
    List,

    /// <summary><c>d...e</c></summary>
    Dictionary,
}
