namespace TorrentPatron.Protocol.Bencoding;

/// <summary>Thrown when bytes are not the expected bencoded value.</summary>
public sealed class BencodeException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">A sentence that says what is wrong.</param>
    /// <param name="offset">The offset of the error in the data, bytes.</param>
    /// <param name="isTruncated">Whether the data is valid but ends too early.</param>
    public BencodeException(string message, int offset, bool isTruncated = false)
        : base(message)
    {
        Offset = offset;
        IsTruncated = isTruncated;
    }

    /// <summary>The offset of the error in the data, bytes.</summary>
    public int Offset { get; }

    /// <summary>Whether the data is valid but ends too early.</summary>
    public bool IsTruncated { get; }
}
