using TorrentPatron.Engine.Client;

namespace TorrentPatron.MonoTorrent.Network;

/// <summary>How a connection ended.</summary>
/// <param name="By">Who ended it.</param>
/// <param name="Reason">The reason, as a sentence.</param>
internal sealed record ConnectionEnd(ClosedBy By, string Reason);
