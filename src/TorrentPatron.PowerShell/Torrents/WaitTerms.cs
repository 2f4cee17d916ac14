namespace TorrentPatron.PowerShell.Torrents;

/// <summary>What torrents are waited for, and for how long.</summary>
internal sealed record WaitTerms
{
    /// <summary>One of these is enough.</summary>
    public IReadOnlyList<TorrentMilestone> Until { get; init; } = [TorrentMilestone.Completed];

    /// <summary>Whether one torrent is enough.</summary>
    public bool Any { get; init; }

    /// <summary>How long, at most; null: as long as it takes.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long nothing may come in; null: for ever.</summary>
    public TimeSpan? StallTimeout { get; init; }
}
