using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>One of the machine's network interfaces, as it was at one moment.</summary>
/// <param name="Name">Its name: <c>tun0</c>, on Windows the alias.</param>
/// <param name="Description">Another name by which it is found; null means none.</param>
/// <param name="IPv4Index">Its number for IPv4; 0: it has none.</param>
/// <param name="IPv6Index">Its number for IPv6; 0: it has none.</param>
/// <param name="IsUp">Whether packets can leave by it.</param>
/// <param name="Addresses">Its unicast addresses.</param>
internal sealed record LocalInterface(string Name, string? Description, int IPv4Index, int IPv6Index, bool IsUp, IReadOnlyList<IPAddress> Addresses);
