namespace TorrentPatron.Engine.Swarms;

/// <summary>A connected peer as input for the <see cref="Choker"/>.</summary>
/// <param name="IsInterested">Whether it wants blocks and is still connected.</param>
/// <param name="IsChoked">Whether we choke it now; among equals, unchoked peers stay unchoked.</param>
/// <param name="DownloadRate">Bytes/s of payload from it.</param>
/// <param name="UploadRate">Bytes/s of payload to it.</param>
/// <param name="IsOptimistic">Whether the last decision gave it the optimistic slot.</param>
/// <param name="IsPreferred">Whether its class is preferred, like the local network.</param>
internal readonly record struct ChokeCandidate(
    bool IsInterested, bool IsChoked, long DownloadRate, long UploadRate, bool IsOptimistic, bool IsPreferred = false);
