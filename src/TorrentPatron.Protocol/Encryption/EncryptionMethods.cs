namespace TorrentPatron.Protocol.Encryption;

/// <summary>The encryption after the handshake of message stream encryption. The values are those on the wire.</summary>
[Flags]
public enum EncryptionMethods
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Nothing after the handshake is encrypted.</summary>
    Plaintext = 1,

    /// <summary>All of the stream is encrypted by RC4.</summary>
    Rc4 = 2,
}
