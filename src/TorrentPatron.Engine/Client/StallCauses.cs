using System.Text;

namespace TorrentPatron.Engine.Client;

/// <summary>Says why a torrent may not get on.</summary>
public static class StallCauses
{
    /// <summary>Trackers, and web seeds, that are named; of more trackers, only their number is told.</summary>
    private const int MostNamed = 3;

    /// <summary>The likely causes: what the trackers say, whether any peer is known, and which web seeds fail.</summary>
    /// <param name="status">The torrent.</param>
    /// <returns>Sentences with a space before each, to be put behind another; empty where nothing is known.</returns>
    public static string Describe(TorrentStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
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
