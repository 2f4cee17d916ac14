namespace TorrentPatron.Protocol.Proxies;

/// <summary>The user and password for a proxy. Shown, it is only the word "credential".</summary>
/// <param name="user">The user's name.</param>
/// <param name="password">The password.</param>
public sealed class ProxyCredential(string user, string password) : IEquatable<ProxyCredential>
{
    /// <summary>Bytes in UTF-8 that a user's name, or a password, has at most (RFC 1929).</summary>
    public const int MostBytes = 255;

    // Methods and no properties: whatever lists the properties of an object must not come upon them.

    /// <summary>The user's name.</summary>
    public string GetUser() => user;

    /// <summary>The password.</summary>
    public string GetPassword() => password;

    /// <inheritdoc/>
    public bool Equals(ProxyCredential? other) => other is not null && user == other.GetUser() && password == other.GetPassword();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ProxyCredential);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(user, password);

    /// <summary>The word "credential".</summary>
    public override string ToString() => "credential";
}
