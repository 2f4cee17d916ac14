using System.Text;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>An answer to a search (UPnP Device Architecture, 1.3.3).</summary>
/// <param name="Location">Where the device's description is: an http address.</param>
/// <param name="Target">What was found.</param>
internal sealed record SsdpAnswer(Uri Location, string Target);

/// <summary>The datagrams with which UPnP devices are searched for.</summary>
internal static class SsdpCodec
{
    /// <summary>The group that devices listen to, and its port.</summary>
    public const string Group = "239.255.255.250";

    /// <summary>The group over IPv6, of the link.</summary>
    public const string Group6 = "ff02::c";

    /// <summary>The port of the group.</summary>
    public const int Port = 1900;

    /// <summary>Bytes of the longest answer that is read.</summary>
    public const int LongestAnswer = 4_096;

    private const int LongestAddress = 1_024;

    /// <summary>What an internet gateway answers to.</summary>
    public static IReadOnlyList<string> Targets { get; } =
    [
        "urn:schemas-upnp-org:device:InternetGatewayDevice:2", "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
        "urn:schemas-upnp-org:service:WANIPConnection:1",
    ];

    /// <summary>What an internet gateway with a firewall for IPv6 answers to.</summary>
    public static IReadOnlyList<string> Targets6 { get; } = ["urn:schemas-upnp-org:device:InternetGatewayDevice:2", IgdService.Firewall];

    /// <summary>Makes a search.</summary>
    /// <param name="host">Whom it is sent to.</param>
    /// <param name="target">What is searched for: one of <see cref="Targets"/>.</param>
    /// <param name="patience">Seconds within which devices may answer.</param>
    public static byte[] WriteSearch(string host, string target, int patience) => Encoding.ASCII.GetBytes(
        $"M-SEARCH * HTTP/1.1\r\nHOST: {host}:{Port}\r\nMAN: \"ssdp:discover\"\r\nMX: {patience}\r\nST: {target}\r\n\r\n");

    /// <summary>Reads an answer.</summary>
    /// <returns>The answer; null: it is none, or names no http address.</returns>
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
