namespace TorrentPatron.Protocol.Wire;

/// <summary>The result of reading from a receive buffer.</summary>
public enum ReadResult
{
    /// <summary>The next message is incomplete.</summary>
    Incomplete,

    /// <summary>The next message is complete.</summary>
    Complete,

    /// <summary>The bytes violate the protocol.</summary>
    Invalid,
}
