namespace TorrentPatron.Engine.Client;

/// <summary>The trackers of private torrents (BEP 27), which get no others once they are known.</summary>
public static class PrivateTrackers
{
    /// <summary>What a start asks of a private torrent and does not get.</summary>
    /// <param name="name">The torrent's name.</param>
    /// <param name="refused">The trackers that were given and are not added.</param>
    /// <returns>The reservation; null: there is none.</returns>
    public static TorrentError? Refused(string name, IReadOnlyList<Uri> refused)
    {
        ArgumentNullException.ThrowIfNull(refused);
        return refused.Count == 0 ? null : new TorrentError(
            TorrentErrorId.PrivateTorrent,
            $"'{name}' is private, so it keeps its own trackers; not added: {string.Join(", ", refused.Select(tracker => tracker.Authority))}.",
            "Add a tracker to it by itself, once it runs, where that is wanted.");
    }
}
