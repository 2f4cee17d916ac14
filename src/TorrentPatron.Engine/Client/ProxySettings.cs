using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Proxies;

namespace TorrentPatron.Engine.Client;

/// <summary>The proxy for outgoing connections. Its user and password are never saved or shown.</summary>
/// <param name="Kind">Its protocol.</param>
/// <param name="Host">Its host and port. This is the only name that the system resolves.</param>
public sealed record ProxySettings(ProxyKind Kind, HostEndPoint Host)
{
    private static readonly (string Scheme, ProxyKind Kind)[] Schemes =
    [
        ("socks5", ProxyKind.Socks5), ("socks5h", ProxyKind.Socks5), ("socks4a", ProxyKind.Socks4a), ("socks4", ProxyKind.Socks4), ("http", ProxyKind.Http),
    ];

    /// <summary>The user and password; null means none.</summary>
    public ProxyCredential? Credential { get; init; }

    /// <summary>The traffic that goes through it.</summary>
    public ProxyUses Uses { get; init; } = ProxyUses.All;

    /// <summary>
    /// Whether it can relay datagrams: uTP, the DHT, UDP trackers. With other proxies these are not sent at all.
    /// </summary>
    public bool CarriesDatagrams => Kind == ProxyKind.Socks5;

    /// <summary>
    /// Parses a proxy address: <c>socks5://host:port</c>; also <c>socks5h</c> (the same), <c>socks4a</c>, <c>socks4</c> and
    /// <c>http</c>.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="proxy">The proxy, for all uses.</param>
    /// <param name="error">What is wrong. A user and password in the text are rejected, and not repeated in the message.</param>
    /// <returns>Whether the text is a proxy address.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out ProxySettings? proxy, [NotNullWhen(false)] out TorrentError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        (proxy, error) = (null, null);
        int colon = text.IndexOf("://", StringComparison.Ordinal);
        int known = Array.FindIndex(Schemes, pair => text[..Math.Max(colon, 0)].Equals(pair.Scheme, StringComparison.OrdinalIgnoreCase));
        string rest = text[(colon < 0 ? 0 : colon + 3)..];
        // The part before an @ may be a password, so no message repeats it.
        if (text.Contains('@', StringComparison.Ordinal))
            error = Invalid(
                "A proxy's address must not contain a user and password, because addresses are displayed.",
                "Pass them with -ProxyCredential, or in TORRENTPATRON_PROXY_CREDENTIAL for patron.");
        else if (known < 0)
            error = Invalid($"'{DisplayText.Clean(text)}' is not a proxy address.", "Use socks5://host:port; socks4a, socks4 and http are also supported.");
        else if (!HostEndPoint.TryParse(rest.EndsWith('/') ? rest[..^1] : rest, out HostEndPoint? host))
            error = Invalid($"'{DisplayText.Clean(text)}' has no host or port for the proxy.", $"Give both, as in {Schemes[known].Scheme}://127.0.0.1:1080.");
        else
            proxy = new ProxySettings(Schemes[known].Kind, host);
        return error is null;
    }

    /// <summary>Whether a kind of traffic goes through the proxy.</summary>
    public bool IsFor(ProxyUses use) => (Uses & use) != 0;

    /// <summary>Checks that the user and password can be sent to this kind of proxy.</summary>
    /// <returns>The error; null if they can.</returns>
    public TorrentError? Check()
    {
        try
        {
            var anywhere = new HostEndPoint("192.0.2.1", 1);
            _ = Kind switch
            {
                ProxyKind.Socks5 => (ProxyHandshake)new Socks5Handshake(Socks5Command.Connect, anywhere, Credential),
                ProxyKind.Http => new HttpConnectHandshake(anywhere, Credential),
                _ => new Socks4Handshake(anywhere, knowsNames: true, Credential),
            };
            return null;
        }
        catch (ArgumentException)
        {
            return Invalid(
                $"The user or password cannot be sent to the proxy {this}.",
                $"SOCKS5 accepts 1 to {ProxyCredential.MostBytes} bytes each, SOCKS4 a user without a password, and HTTP a user without a colon.");
        }
    }

    /// <summary>Its address, without the user and password.</summary>
    public override string ToString() => $"{Array.Find(Schemes, pair => pair.Kind == Kind).Scheme}://{Host}";

    private static TorrentError Invalid(string message, string remedy) => new(TorrentErrorId.InvalidArgument, message, remedy);
}
