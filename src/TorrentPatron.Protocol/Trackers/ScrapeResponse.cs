namespace TorrentPatron.Protocol.Trackers;

/// <summary>A tracker's counts of a swarm (BEP 48, BEP 15), with every value within its limits. They may be wrong.</summary>
/// <param name="Seeders">Complete peers.</param>
/// <param name="Leechers">Incomplete peers.</param>
/// <param name="Completed">Completed downloads, as long as the tracker remembers; null if not returned.</param>
public readonly record struct ScrapeResponse(int Seeders, int Leechers, int? Completed);
