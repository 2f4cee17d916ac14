using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>A snapshot of one of the machine's network interfaces.</summary>
/// <param name="Name">Its name, such as <c>tun0</c>; on Windows its alias.</param>
/// <param name="Description">Another name that selects it; null means none.</param>
/// <param name="IPv4Index">Its index for IPv4; 0 means none.</param>
/// <param name="IPv6Index">Its index for IPv6; 0 means none.</param>
/// <param name="IsUp">Whether it can send packets.</param>
/// <param name="Addresses">Its unicast addresses.</param>
internal sealed record LocalInterface(string Name, string? Description, int IPv4Index, int IPv6Index, bool IsUp, IReadOnlyList<IPAddress> Addresses);
