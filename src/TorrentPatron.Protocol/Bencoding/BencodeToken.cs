namespace TorrentPatron.Protocol.Bencoding;

/// <summary>One value on the tape of a <see cref="BencodeDocument"/>, followed by the values inside it.</summary>
internal struct BencodeToken
{
    /// <summary>The offset of the value in the data.</summary>
    public int Offset;

    /// <summary>The length of the value, bytes. For an open container: the index of the container around it.</summary>
    public int Length;

    /// <summary>The number of tokens of the value, including itself: add it to skip the value.</summary>
    public int Span;

    /// <summary>
    /// The kind, in the lowest three bits. Above them: for a string, the bytes before its content; for a container, the number of
    /// tokens directly in it.
    /// </summary>
    public int KindAndDetail;

    public readonly BencodeKind Kind => (BencodeKind)(KindAndDetail & 7);

    public readonly int Detail => KindAndDetail >> 3;
}
