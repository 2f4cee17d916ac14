namespace TorrentPatron.Engine.Client;

/// <summary>The rule that private torrents (BEP 27) get no additional trackers once their metadata is known.</summary>
public static class PrivateTrackers
{
    /// <summary>The warning for trackers that a private torrent does not accept.</summary>
    /// <param name="name">The torrent's name.</param>
    /// <param name="refused">The trackers that were given but not added.</param>
    /// <returns>The warning; null if there are no such trackers.</returns>
    public static TorrentError? Refused(string name, IReadOnlyList<Uri> refused)
    {
        ArgumentNullException.ThrowIfNull(refused);
        return refused.Count == 0 ? null : new TorrentError(
            TorrentErrorId.PrivateTorrent,
            $"'{name}' is private, so only its own trackers are used; not added: {string.Join(", ", refused.Select(tracker => tracker.Authority))}.",
            "To add a tracker anyway, add it to this torrent alone once it is running.");
    }
}
