namespace TorrentPatron.Engine.Limits;

/// <summary>What moves by one protocol in one direction.</summary>
/// <param name="Peers">Peers to or from whom something is under way.</param>
/// <param name="Rate">Bytes/s of payload.</param>
internal readonly record struct TransportLoad(int Peers, long Rate);
