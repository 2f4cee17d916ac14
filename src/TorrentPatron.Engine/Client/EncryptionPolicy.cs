namespace TorrentPatron.Engine.Client;

/// <summary>
/// Whether connections to peers are encrypted (message stream encryption). This hides the protocol from casual inspection; it is
/// not secure.
/// </summary>
public enum EncryptionPolicy
{
    /// <summary>
    /// Accepts both. Dials in plaintext unless the peer is known to prefer encryption, and retries once the other way if refused.
    /// </summary>
    Prefer,

    /// <summary>Encrypts every connection with RC4 in both directions; refuses others.</summary>
    Require,

    /// <summary>Encrypts no connection; refuses encrypted ones.</summary>
    Off,
}
