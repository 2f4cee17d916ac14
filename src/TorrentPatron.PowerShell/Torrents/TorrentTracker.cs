using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A snapshot of one of a torrent's trackers. Immutable; times are local.</summary>
public sealed record TorrentTracker
{
    internal TorrentTracker(TorrentStatus torrent, TrackerSnapshot tracker)
    {
        TorrentName = torrent.Name;
        InfoHash = torrent.InfoHash;
        Uri = tracker.Uri;
        MaskedUri = tracker.MaskedUri;
        Tier = tracker.Tier;
        Status = tracker.Status;
        Message = tracker.Message;
        Failures = tracker.Failures;
        LastAnswer = tracker.LastAnswer?.LocalDateTime;
        NextAnnounce = tracker.NextAnnounce?.LocalDateTime;
        Seeders = tracker.Seeders;
        Leechers = tracker.Leechers;
        PeersReceived = tracker.PeersReceived;
    }

    /// <summary>The torrent's name.</summary>
    public string TorrentName { get; }

    /// <summary>The torrent's info hash, as 40 lower-case hexadecimal digits.</summary>
    public string InfoHash { get; }

    /// <summary>The announce address. It may contain a personal key.</summary>
    public Uri Uri { get; }

    /// <summary>The announce address for display, with *** for a possible key.</summary>
    public string MaskedUri { get; }

    /// <summary>The number of its tier, from 0 (BEP 12).</summary>
    public int Tier { get; }

    /// <summary>The state of the announces.</summary>
    public TrackerStatus Status { get; }

    /// <summary>The last warning or failure; null after an answer without a warning.</summary>
    public string? Message { get; }

    /// <summary>Number of announces that failed in a row.</summary>
    public int Failures { get; }

    /// <summary>When it last answered; null if it never did.</summary>
    public DateTime? LastAnswer { get; }

    /// <summary>When the next announce is due; null while none is planned.</summary>
    public DateTime? NextAnnounce { get; }

    /// <summary>Complete peers in the swarm, from the tracker's last answer.</summary>
    public int? Seeders { get; }

    /// <summary>Incomplete peers in the swarm, from the tracker's last answer.</summary>
    public int? Leechers { get; }

    /// <summary>Number of peers in its last answer.</summary>
    public int PeersReceived { get; }

    /// <summary>The masked address.</summary>
    public override string ToString() => MaskedUri;
}
