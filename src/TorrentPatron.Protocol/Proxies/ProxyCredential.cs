namespace TorrentPatron.Protocol.Proxies;

/// <summary>The user and password for a proxy. Its text is only the word "credential".</summary>
/// <param name="user">The user's name.</param>
/// <param name="password">The password.</param>
public sealed class ProxyCredential(string user, string password) : IEquatable<ProxyCredential>
{
    /// <summary>The longest user name or password, bytes in UTF-8 (RFC 1929).</summary>
    public const int MostBytes = 255;

    // Methods rather than properties: code that lists an object's properties must not find them.

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
