using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>The actions of a router's firewall for IPv6 (UPnP, WANIPv6FirewallControl 1): holes through which anybody may connect to a port of ours.</summary>
internal static class PinholeCodec
{
    /// <summary>The action that makes a hole.</summary>
    public const string AddPinhole = "AddPinhole";

    /// <summary>The action that renews a hole.</summary>
    public const string UpdatePinhole = "UpdatePinhole";

    /// <summary>The action that closes a hole.</summary>
    public const string DeletePinhole = "DeletePinhole";

    /// <summary>The action that tells whether packets pass a hole.</summary>
    public const string CheckPinholeWorking = "CheckPinholeWorking";

    /// <summary>The longest time for which a hole lasts, seconds.</summary>
    public const uint LongestLease = 86_400;

    /// <summary>Makes the request for a hole that lets anybody in.</summary>
    /// <param name="service">The service.</param>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="client">Our address, from which the request is sent.</param>
    /// <param name="port">Our port.</param>
    /// <param name="lease">Seconds for which it lasts, 1 to <see cref="LongestLease"/>.</param>
    public static byte[] WriteAdd(IgdService service, ProtocolType protocol, IPAddress client, ushort port, uint lease) => IgdCodec.Write(
        service, AddPinhole,
        [
            ("RemoteHost", ""), ("RemotePort", "0"), ("InternalClient", client.ToString()), ("InternalPort", Text(port)), ("Protocol", Text((uint)protocol)),
            ("LeaseTime", Text(lease)),
        ]);

    /// <summary>Makes the request that renews a hole.</summary>
    public static byte[] WriteUpdate(IgdService service, ushort id, uint lease) =>
        IgdCodec.Write(service, UpdatePinhole, [("UniqueID", Text(id)), ("NewLeaseTime", Text(lease))]);

    /// <summary>Makes the request that closes a hole.</summary>
    public static byte[] WriteDelete(IgdService service, ushort id) => IgdCodec.Write(service, DeletePinhole, [("UniqueID", Text(id))]);

    /// <summary>Makes the question whether packets pass a hole.</summary>
    public static byte[] WriteCheck(IgdService service, ushort id) => IgdCodec.Write(service, CheckPinholeWorking, [("UniqueID", Text(id))]);

    /// <summary>The number of the hole that an answer tells of; null means none.</summary>
    public static ushort? IdOf(IgdAnswer answer) =>
        answer.Values.TryGetValue("UniqueID", out string? text) && ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort id) ? id : null;

    /// <summary>Whether packets pass the hole; null: the answer does not say.</summary>
    public static bool? IsWorking(IgdAnswer answer) => answer.Values.TryGetValue("IsWorking", out string? text)
        ? text switch { "1" or "true" or "yes" => true, "0" or "false" or "no" => false, _ => null }
        : null;

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
