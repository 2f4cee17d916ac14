using System.Globalization;
using System.Net;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>A router's answer to an action.</summary>
/// <param name="Fault">The UPnP error code; null on success.</param>
/// <param name="FaultText">The router's description of the error, made safe to print; null if there is none.</param>
/// <param name="Values">The returned values.</param>
internal sealed record IgdAnswer(int? Fault, string? FaultText, IReadOnlyDictionary<string, string> Values)
{
    /// <summary>Error codes: invalid arguments, the action failed, or it is not authorized.</summary>
    public const int InvalidArguments = 402, ActionFailed = 501, NotAuthorized = 606;

    /// <summary>Error code: another client has the external port.</summary>
    public const int Conflict = 718;

    /// <summary>Error code: the external port must equal the internal one.</summary>
    public const int SamePortsRequired = 724;

    /// <summary>Error code: only permanent mappings are supported.</summary>
    public const int OnlyPermanentLeases = 725;

    /// <summary>
    /// Error codes of a firewall: pinholes are not allowed, there is no room for more, or the pinhole does not exist.
    /// </summary>
    public const int PinholesNotAllowed = 703, PinholeSpaceExhausted = 701, NoSuchPinhole = 704;

    /// <summary>The external address; null if there is none.</summary>
    public IPAddress? Address => Values.TryGetValue("NewExternalIPAddress", out string? text) && IPAddress.TryParse(text, out IPAddress? address) ? address : null;

    /// <summary>The external port chosen by the router; null if there is none.</summary>
    public ushort? ReservedPort =>
        Values.TryGetValue("NewReservedPort", out string? text) && ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0
            ? port
            : null;
}
