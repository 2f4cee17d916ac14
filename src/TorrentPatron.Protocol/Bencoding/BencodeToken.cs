namespace TorrentPatron.Protocol.Bencoding;

/// <summary>One value on the tape of a <see cref="BencodeDocument"/>; the values inside it follow it.</summary>
internal struct BencodeToken
{
    /// <summary>Where the value begins in the data.</summary>
    public int Offset;

    /// <summary>How many bytes the value takes. While a container is open: the index of the container around it.</summary>
    public int Length;

    /// <summary>How many tokens the value takes, itself included: what to add to skip it.</summary>
    public int Span;

    /// <summary>
    /// The kind, in the lowest three bits. Above them: of a string, how many bytes of it come before its content;
    /// of a container, how many tokens are directly in it.
    /// </summary>
    public int KindAndDetail;

    public readonly BencodeKind Kind => (BencodeKind)(KindAndDetail & 7);

    public readonly int Detail => KindAndDetail >> 3;
}
