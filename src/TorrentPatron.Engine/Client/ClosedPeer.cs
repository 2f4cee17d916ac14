using System.Net;

namespace TorrentPatron.Engine.Client;

/// <summary>A connection to one of a torrent's peers that has ended. Immutable.</summary>
/// <param name="EndPoint">The peer's address as it was connected.</param>
/// <param name="Client">What program it said it is, safe to print; empty where it did not say.</param>
/// <param name="ClosedAt">When, UTC.</param>
/// <param name="ClosedBy">Who ended it.</param>
/// <param name="Reason">Why, a sentence.</param>
public sealed record ClosedPeer(IPEndPoint EndPoint, string Client, DateTimeOffset ClosedAt, ClosedBy ClosedBy, string Reason);
