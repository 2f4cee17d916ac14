namespace TorrentPatron.Engine.Discovery;

/// <summary>The result of a search for a torrent's peers.</summary>
/// <param name="Queries">Queries sent.</param>
/// <param name="Answers">Answers received.</param>
/// <param name="Hops">Successive nodes queried to reach the one nearest to the torrent; 0 if none was reached.</param>
/// <param name="Peers">Peers found.</param>
/// <param name="Announced">Nodes to which we were announced.</param>
/// <param name="Duration">Time it took.</param>
internal sealed record DhtSearchResult(int Queries, int Answers, int Hops, int Peers, int Announced, TimeSpan Duration);
