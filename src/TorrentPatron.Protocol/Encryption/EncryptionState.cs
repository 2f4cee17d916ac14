namespace TorrentPatron.Protocol.Encryption;

/// <summary>The state of a handshake of message stream encryption.</summary>
public enum EncryptionState
{
    /// <summary>More bytes are expected from the other side.</summary>
    Open,

    /// <summary>The handshake is complete: the stream follows.</summary>
    Done,

    /// <summary>The other side violates the protocol, or asks for something unavailable.</summary>
    Failed,
}
