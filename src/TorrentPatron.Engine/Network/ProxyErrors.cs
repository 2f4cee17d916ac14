using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Proxies;

namespace TorrentPatron.Engine.Network;

/// <summary>The errors of proxies, each with the proxy's address.</summary>
internal static class ProxyErrors
{
    /// <summary>The proxy cannot be reached, or ended the connection.</summary>
    public static ProxyException Unreachable(ProxySettings proxy, string why, Exception? inner = null) => new(
        new TorrentError(TorrentErrorId.ProxyUnreachable, $"The proxy {proxy} {why}.", "Check its address and port, and that it is running. Nothing bypasses the proxy."),
        isOfProxy: true, inner);

    /// <summary>The proxy cannot relay datagrams.</summary>
    public static ProxyException NoDatagrams(ProxySettings proxy) => new(
        new TorrentError(
            TorrentErrorId.ProxyRefused, $"The proxy {proxy} does not relay UDP, so UDP trackers, the DHT and uTP are off.",
            "Use HTTP trackers, or a SOCKS5 proxy that allows UDP ASSOCIATE."),
        isOfProxy: true);

    /// <summary>The proxy answered with a failure.</summary>
    /// <param name="proxy">The proxy.</param>
    /// <param name="failure">Its answer.</param>
    /// <param name="host">The requested host; null for datagrams.</param>
    public static ProxyException Of(ProxySettings proxy, ProxyFailure failure, HostEndPoint? host)
    {
        string what = host is null ? "datagrams" : $"a connection to {DisplayText.Clean(host.ToString())}";
        return failure switch
        {
            ProxyFailure.NotAProxy => Unreachable(proxy, $"does not speak {Name(proxy.Kind)}"),
            ProxyFailure.CredentialRequired => OfProxy(
                TorrentErrorId.ProxyCredentialRefused, $"The proxy {proxy} requires a user and password.",
                "Pass them with -ProxyCredential, or in TORRENTPATRON_PROXY_CREDENTIAL for patron."),
            ProxyFailure.CredentialRefused => OfProxy(
                TorrentErrorId.ProxyCredentialRefused, $"The proxy {proxy} refuses the user and password.", "Check the user and password."),
            ProxyFailure.Forbidden => Refused($"The rules of the proxy {proxy} forbid {what}.", "Ask whoever runs the proxy, or use another one."),
            ProxyFailure.CommandUnsupported when host is null => NoDatagrams(proxy),
            ProxyFailure.CommandUnsupported => Refused($"The proxy {proxy} does not support {what}.", "Ask whoever runs the proxy, or use another one."),
            ProxyFailure.AddressUnsupported => Refused(
                $"The address of {DisplayText.Clean(host?.ToString() ?? "this machine")} cannot be sent to the proxy {proxy}.",
                "SOCKS4 supports only IPv4 addresses, SOCKS4a also names; use socks5, which supports all."),
            ProxyFailure.ConnectionRefused => OfHost($"{Reached(host)} refused the connection from the proxy {proxy}."),
            ProxyFailure.TimedOut => OfHost($"{Reached(host)} did not answer the proxy {proxy} in time."),
            ProxyFailure.HostUnreachable or ProxyFailure.NetworkUnreachable => OfHost($"The proxy {proxy} cannot reach {Reached(host)}, or does not know that host."),
            _ => OfHost($"The proxy {proxy} could not open {what}."),
        };

        static string Reached(HostEndPoint? host) => host is null ? "a host" : DisplayText.Clean(host.ToString());
    }

    private static ProxyException OfProxy(string id, string message, string remedy) => new(new TorrentError(id, message, remedy), isOfProxy: true);

    private static ProxyException Refused(string message, string remedy) =>
        new(new TorrentError(TorrentErrorId.ProxyRefused, message, remedy), isOfProxy: false);

    private static ProxyException OfHost(string message) =>
        new(new TorrentError(TorrentErrorId.ProxyHostUnreachable, message, "Check the host's name and the proxy's log."), isOfProxy: false);

    private static string Name(ProxyKind kind) => kind switch
    {
        ProxyKind.Http => "HTTP CONNECT",
        ProxyKind.Socks5 => "SOCKS5",
        _ => "SOCKS4",
    };
}
