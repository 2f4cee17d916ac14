using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>
/// The actions of a router's IPv6 firewall (UPnP, WANIPv6FirewallControl 1): pinholes that allow connections from anywhere to one
/// of our ports.
/// </summary>
internal static class PinholeCodec
{
    /// <summary>The action that opens a pinhole.</summary>
    public const string AddPinhole = "AddPinhole";

    /// <summary>The action that renews a pinhole.</summary>
    public const string UpdatePinhole = "UpdatePinhole";

    /// <summary>The action that closes a pinhole.</summary>
    public const string DeletePinhole = "DeletePinhole";

    /// <summary>The action that checks whether packets pass a pinhole.</summary>
    public const string CheckPinholeWorking = "CheckPinholeWorking";

    /// <summary>The longest lifetime of a pinhole, seconds.</summary>
    public const uint LongestLease = 86_400;

    /// <summary>Creates the request for a pinhole open to everyone.</summary>
    /// <param name="service">The service.</param>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="client">Our address, which the request comes from.</param>
    /// <param name="port">Our port.</param>
    /// <param name="lease">Its lifetime, seconds, 1 to <see cref="LongestLease"/>.</param>
    public static byte[] WriteAdd(IgdService service, ProtocolType protocol, IPAddress client, ushort port, uint lease) => IgdCodec.Write(
        service, AddPinhole,
        [
            ("RemoteHost", ""), ("RemotePort", "0"), ("InternalClient", client.ToString()), ("InternalPort", Text(port)), ("Protocol", Text((uint)protocol)),
            ("LeaseTime", Text(lease)),
        ]);

    /// <summary>Creates the request that renews a pinhole.</summary>
    public static byte[] WriteUpdate(IgdService service, ushort id, uint lease) =>
        IgdCodec.Write(service, UpdatePinhole, [("UniqueID", Text(id)), ("NewLeaseTime", Text(lease))]);

    /// <summary>Creates the request that closes a pinhole.</summary>
    public static byte[] WriteDelete(IgdService service, ushort id) => IgdCodec.Write(service, DeletePinhole, [("UniqueID", Text(id))]);

    /// <summary>Creates the request to check a pinhole.</summary>
    public static byte[] WriteCheck(IgdService service, ushort id) => IgdCodec.Write(service, CheckPinholeWorking, [("UniqueID", Text(id))]);

    /// <summary>The pinhole id in an answer; null means none.</summary>
    public static ushort? IdOf(IgdAnswer answer) =>
        answer.Values.TryGetValue("UniqueID", out string? text) && ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort id) ? id : null;

    /// <summary>Whether packets pass the pinhole; null if the answer does not say.</summary>
    public static bool? IsWorking(IgdAnswer answer) => answer.Values.TryGetValue("IsWorking", out string? text)
        ? text switch { "1" or "true" or "yes" => true, "0" or "false" or "no" => false, _ => null }
        : null;

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
