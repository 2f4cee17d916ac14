namespace TorrentPatron.Protocol.Metainfo;

/// <summary>The bytes are not a valid .torrent file. The message is a sentence for people, without a path or name.</summary>
public sealed class MetainfoException : Exception
{
    /// <summary>Says what is wrong.</summary>
    /// <param name="fault">The kind of fault.</param>
    /// <param name="message">A whole sentence.</param>
    /// <param name="innerException">What the decoder said, if it was that.</param>
    public MetainfoException(MetainfoFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    /// <summary>The kind of fault.</summary>
    public MetainfoFault Fault { get; }
}
