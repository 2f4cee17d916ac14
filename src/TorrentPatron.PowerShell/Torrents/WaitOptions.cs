namespace TorrentPatron.PowerShell.Torrents;

/// <summary>The milestones to wait for and the time limits.</summary>
internal sealed record WaitOptions
{
    /// <summary>One of these is enough.</summary>
    public IReadOnlyList<TorrentMilestone> Until { get; init; } = [TorrentMilestone.Completed];

    /// <summary>Whether the wait ends with the first torrent.</summary>
    public bool Any { get; init; }

    /// <summary>The longest wait; null means no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The longest time without receiving anything; null means no limit.</summary>
    public TimeSpan? StallTimeout { get; init; }
}
