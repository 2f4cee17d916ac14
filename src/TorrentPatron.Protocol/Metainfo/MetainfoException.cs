namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// Thrown when bytes are not a valid .torrent file. The message is a sentence for users, without a path or name.
/// </summary>
public sealed class MetainfoException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="fault">The kind of fault.</param>
    /// <param name="message">A sentence that says what is wrong.</param>
    /// <param name="innerException">The decoder's exception, if any.</param>
    public MetainfoException(MetainfoFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    /// <summary>The kind of fault.</summary>
    public MetainfoFault Fault { get; }
}
