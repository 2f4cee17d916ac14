using System.Net;

namespace TorrentPatron.Engine.Client;

/// <summary>A closed connection to one of a torrent's peers. Immutable.</summary>
/// <param name="EndPoint">The peer's address.</param>
/// <param name="Client">The name of the peer's program, safe to print; empty if it sent none.</param>
/// <param name="ClosedAt">When the connection ended, UTC.</param>
/// <param name="ClosedBy">Who ended the connection.</param>
/// <param name="Reason">Why it ended, as a sentence.</param>
public sealed record ClosedPeer(IPEndPoint EndPoint, string Client, DateTimeOffset ClosedAt, ClosedBy ClosedBy, string Reason);
