using System.Text;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>An answer to a search (UPnP Device Architecture, 1.3.3).</summary>
/// <param name="Location">The address of the device's description: an http address.</param>
/// <param name="Target">The target found.</param>
internal sealed record SsdpAnswer(Uri Location, string Target);

/// <summary>The datagrams for finding UPnP devices.</summary>
internal static class SsdpCodec
{
    /// <summary>The multicast group of devices.</summary>
    public const string Group = "239.255.255.250";

    /// <summary>The link-local multicast group over IPv6.</summary>
    public const string Group6 = "ff02::c";

    /// <summary>The port of the group.</summary>
    public const int Port = 1900;

    /// <summary>The longest answer that is read, bytes.</summary>
    public const int LongestAnswer = 4_096;

    private const int LongestAddress = 1_024;

    /// <summary>The search targets of an internet gateway.</summary>
    public static IReadOnlyList<string> Targets { get; } =
    [
        "urn:schemas-upnp-org:device:InternetGatewayDevice:2", "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
        "urn:schemas-upnp-org:service:WANIPConnection:1",
    ];

    /// <summary>The search targets of an internet gateway with an IPv6 firewall.</summary>
    public static IReadOnlyList<string> Targets6 { get; } = ["urn:schemas-upnp-org:device:InternetGatewayDevice:2", IgdService.Firewall];

    /// <summary>Makes a search.</summary>
    /// <param name="host">The destination.</param>
    /// <param name="target">The search target: one of <see cref="Targets"/>.</param>
    /// <param name="patience">Seconds within which devices may answer.</param>
    public static byte[] WriteSearch(string host, string target, int patience) => Encoding.ASCII.GetBytes(
        $"M-SEARCH * HTTP/1.1\r\nHOST: {host}:{Port}\r\nMAN: \"ssdp:discover\"\r\nMX: {patience}\r\nST: {target}\r\n\r\n");

    /// <summary>Reads an answer.</summary>
    /// <returns>The answer; null if it is invalid, or has no http address.</returns>
    public static SsdpAnswer? Read(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length > LongestAnswer || datagram.IndexOf((byte)0) >= 0)
            return null;
        string[] lines = Encoding.Latin1.GetString(datagram).Split("\r\n", 64);
        if (!lines[0].StartsWith("HTTP/1.", StringComparison.OrdinalIgnoreCase) || !lines[0].Contains(" 200", StringComparison.Ordinal))
            return null;
        return Find(lines, "LOCATION") is { Length: <= LongestAddress } location && Find(lines, "ST") is { Length: <= 256 } target
            && Uri.TryCreate(location, UriKind.Absolute, out Uri? address) && address.Scheme == Uri.UriSchemeHttp && address.UserInfo.Length == 0
            ? new SsdpAnswer(address, target)
            : null;
    }

    private static string? Find(string[] lines, string name)
    {
        for (int i = 1; i < lines.Length && lines[i].Length > 0; i++)
        {
            if (lines[i].Length > name.Length && lines[i][name.Length] == ':' && lines[i].StartsWith(name, StringComparison.OrdinalIgnoreCase))
                return lines[i][(name.Length + 1)..].Trim();
        }

        return null;
    }
}
