namespace TorrentPatron.Protocol.Wire;

/// <summary>What a look at a receive buffer found.</summary>
public enum ReadResult
{
    /// <summary>The next message is not there whole.</summary>
    Incomplete,

    /// <summary>The next message is there.</summary>
    Complete,

    /// <summary>What is there breaks the protocol.</summary>
    Invalid,
}
