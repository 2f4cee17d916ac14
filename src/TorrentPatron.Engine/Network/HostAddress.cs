using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// A host name in place of an address, when a proxy resolves names and we must not. <see cref="INetwork.ResolveAsync"/> returns
/// it, and the same network accepts it for dials and datagrams.
/// </summary>
/// <remarks>
/// Data from outside never becomes one: it is recognised by its type, not by its bytes. The bytes are a placeholder with the
/// reach that the name suggests: this machine (<c>localhost</c>), a local network (a name without a dot, <c>.local</c> and the
/// like), or the internet.
/// </remarks>
public sealed class HostAddress : IPAddress, IEquatable<HostAddress>, ISpanFormattable
{
    private static readonly string[] LocalDomains = [".local", ".lan", ".internal", ".home.arpa", ".intranet", ".home", ".corp"];

    /// <summary>Creates the address for a name.</summary>
    /// <param name="host">The name, in ASCII (<see cref="Uri.IdnHost"/>).</param>
    public HostAddress(string host)
        : base(Placeholder(host)) => Host = host;

    /// <summary>The host's name.</summary>
    public string Host { get; }

    /// <inheritdoc/>
    public bool Equals(HostAddress? other) => other is not null && string.Equals(Host, other.Host, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override bool Equals(object? comparand) => Equals(comparand as HostAddress);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.OrdinalIgnoreCase.GetHashCode(Host);

    /// <summary>The name.</summary>
    public override string ToString() => Host;

    /// <inheritdoc/>
    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => Host;

    /// <inheritdoc/>
    bool ISpanFormattable.TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        bool fits = Host.TryCopyTo(destination);
        charsWritten = fits ? Host.Length : 0;
        return fits;
    }

    private static byte[] Placeholder(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        string name = host.TrimEnd('.');
        if (name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase))
            return [127, 0, 0, 0];
        bool isLocal = !name.Contains('.', StringComparison.Ordinal)
            || Array.Exists(LocalDomains, domain => name.EndsWith(domain, StringComparison.OrdinalIgnoreCase));
        // 198.18.0.0/15 is reserved for benchmarks (RFC 2544): no host on the internet has such an address.
        return isLocal ? [10, 0, 0, 0] : [198, 18, 0, 0];
    }
}
