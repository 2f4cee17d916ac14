using System.Globalization;
using System.Net;

namespace TorrentPatron.Protocol.PortMapping;

/// <summary>A router's answer to an action.</summary>
/// <param name="Fault">Why it failed, by the numbers of UPnP; null: it did not.</param>
/// <param name="FaultText">The same in the router's words, made safe to print; null: it gave none.</param>
/// <param name="Values">What it gave back.</param>
internal sealed record IgdAnswer(int? Fault, string? FaultText, IReadOnlyDictionary<string, string> Values)
{
    /// <summary>Faults: an argument is wrong, the action failed, or may not be asked for.</summary>
    public const int InvalidArguments = 402, ActionFailed = 501, NotAuthorized = 606;

    /// <summary>Faults: another client has the outside port.</summary>
    public const int Conflict = 718;

    /// <summary>Faults: the outside port must be the inside one.</summary>
    public const int SamePortsRequired = 724;

    /// <summary>Faults: a mapping cannot end by itself.</summary>
    public const int OnlyPermanentLeases = 725;

    /// <summary>Faults of a firewall: it lets nobody make holes, has no room for more, or has no such hole.</summary>
    public const int PinholesNotAllowed = 703, PinholeSpaceExhausted = 701, NoSuchPinhole = 704;

    /// <summary>The outside address; null: none was given.</summary>
    public IPAddress? Address => Values.TryGetValue("NewExternalIPAddress", out string? text) && IPAddress.TryParse(text, out IPAddress? address) ? address : null;

    /// <summary>The outside port that the router has chosen; null: it has not.</summary>
    public ushort? ReservedPort =>
        Values.TryGetValue("NewReservedPort", out string? text) && ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0
            ? port
            : null;
}
