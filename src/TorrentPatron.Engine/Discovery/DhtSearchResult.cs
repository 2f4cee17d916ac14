namespace TorrentPatron.Engine.Discovery;

/// <summary>How a search for a torrent's peers went.</summary>
/// <param name="Questions">Questions asked.</param>
/// <param name="Answers">Answers received.</param>
/// <param name="Hops">Nodes asked one after the other to reach the one nearest to the torrent; 0: none was reached.</param>
/// <param name="Peers">Peers found.</param>
/// <param name="Announced">Nodes at which we were announced.</param>
/// <param name="Duration">Time it took.</param>
internal sealed record DhtSearchResult(int Questions, int Answers, int Hops, int Peers, int Announced, TimeSpan Duration);
