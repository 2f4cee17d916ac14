using System.Text;

namespace TorrentPatron.Engine.Client;

/// <summary>Describes why a torrent may be stalled.</summary>
public static class StallCauses
{
    /// <summary>The most trackers and web seeds to describe; any more trackers are only counted.</summary>
    private const int MostNamed = 3;

    /// <summary>The likely causes: the queue, tracker messages, a lack of known peers, and failing web seeds.</summary>
    /// <param name="status">The torrent.</param>
    /// <returns>Sentences to append to another one, each with a space before it; empty if no cause is known.</returns>
    public static string Describe(TorrentStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        if (status.State == TorrentState.Queued)
            return status.QueuePosition is { } position ? $" It waits in the queue, at position {position}." : " It waits in the queue.";
        var causes = new StringBuilder();
        if (status is { ConnectedPeers: 0, KnownPeers: 0, Metadata: null })
            causes.Append(" No peer is known.");
        if (status is { IsPrivate: true, Trackers.Count: 0 })
            causes.Append(" It is private and has no tracker.");
        TorrentError[] failures = [.. status.Warnings.Where(warning => warning.Id == TorrentErrorId.TrackerFailed)];
        foreach (TorrentError failure in failures.Take(MostNamed))
            causes.Append(' ').Append(failure.Message);
        if (failures.Length > MostNamed)
            causes.Append(' ').Append(failures.Length - MostNamed).Append(" more trackers fail.");
        foreach (WebSeedSnapshot seed in status.WebSeeds.Where(seed => seed.Message is not null).Take(MostNamed))
            causes.Append(" The web seed ").Append(seed.MaskedUri).Append(" fails: ").Append(seed.Message);
        return causes.ToString();
    }
}
