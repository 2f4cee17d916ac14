namespace TorrentPatron.Engine.Swarms;

/// <summary>What the <see cref="Choker"/> knows of one connected peer.</summary>
/// <param name="IsInterested">Whether it wants blocks and is still connected.</param>
/// <param name="IsChoked">Whether we choke it now; among equals those that are unchoked stay so.</param>
/// <param name="DownloadRate">Bytes/s of payload from it.</param>
/// <param name="UploadRate">Bytes/s of payload to it.</param>
/// <param name="IsOptimistic">Whether the last decision gave it the optimistic slot.</param>
/// <param name="IsPreferred">Whether its class is preferred, as the local network is.</param>
internal readonly record struct ChokeCandidate(
    bool IsInterested, bool IsChoked, long DownloadRate, long UploadRate, bool IsOptimistic, bool IsPreferred = false);
