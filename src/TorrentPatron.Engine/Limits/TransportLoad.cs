namespace TorrentPatron.Engine.Limits;

/// <summary>The load of one transport protocol in one direction.</summary>
/// <param name="Peers">Peers with transfers in progress.</param>
/// <param name="Rate">Bytes/s of payload.</param>
internal readonly record struct TransportLoad(int Peers, long Rate);
