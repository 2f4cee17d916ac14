namespace TorrentPatron.Protocol.Bencoding;

/// <summary>The bytes are not the bencoded value that was expected.</summary>
public sealed class BencodeException : Exception
{
    /// <summary>Says what is wrong, and where.</summary>
    /// <param name="message">A whole sentence.</param>
    /// <param name="offset">Where in the data, in bytes from its beginning.</param>
    /// <param name="isTruncated">Whether the data ended too early, and was right so far.</param>
    public BencodeException(string message, int offset, bool isTruncated = false)
        : base(message)
    {
        Offset = offset;
        IsTruncated = isTruncated;
    }

    /// <summary>Where in the data the fault is, in bytes from its beginning.</summary>
    public int Offset { get; }

    /// <summary>Whether the data ended too early, and was right so far.</summary>
    public bool IsTruncated { get; }
}
