namespace TorrentPatron.Engine.Client;

/// <summary>Whether connections to peers are encrypted (message stream encryption). That hides them from a glance and protects no secrets.</summary>
public enum EncryptionPolicy
{
    /// <summary>Both are taken. A peer is dialled in plaintext unless it is known to like encryption, and the other way once where it refuses.</summary>
    Prefer,

    /// <summary>Every connection is encrypted by RC4, both ways; others are refused.</summary>
    Require,

    /// <summary>No connection is encrypted; encrypted ones are refused.</summary>
    Off,
}
