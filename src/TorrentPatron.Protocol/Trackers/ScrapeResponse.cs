namespace TorrentPatron.Protocol.Trackers;

/// <summary>What a tracker knows of a swarm (BEP 48, BEP 15), with every value already inside its bounds. It may lie.</summary>
/// <param name="Seeders">Complete peers.</param>
/// <param name="Leechers">Incomplete peers.</param>
/// <param name="Completed">Downloads that became complete, as long as the tracker remembers; null where it did not tell.</param>
public readonly record struct ScrapeResponse(int Seeders, int Leechers, int? Completed);
