namespace TorrentPatron.Protocol.Encryption;

/// <summary>How far a handshake of message stream encryption has come.</summary>
public enum EncryptionState
{
    /// <summary>The other side has to send more.</summary>
    Open,

    /// <summary>Both sides agree: the stream follows.</summary>
    Done,

    /// <summary>The other side does not keep to the protocol, or asks for what is not to be had.</summary>
    Failed,
}
