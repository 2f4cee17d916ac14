using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>One of a torrent's trackers as it stood at one moment. Immutable; times are local.</summary>
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

    /// <summary>The announce address. It may hold a personal key.</summary>
    public Uri Uri { get; }

    /// <summary>The announce address with *** for what may be a key, as it is shown.</summary>
    public string MaskedUri { get; }

    /// <summary>The number of its tier, from 0 (BEP 12).</summary>
    public int Tier { get; }

    /// <summary>How the torrent stands with it.</summary>
    public TrackerStatus Status { get; }

    /// <summary>The last warning or failure; null after an answer without a warning.</summary>
    public string? Message { get; }

    /// <summary>How many announces have failed in a row.</summary>
    public int Failures { get; }

    /// <summary>When it last answered, if it ever did.</summary>
    public DateTime? LastAnswer { get; }

    /// <summary>When the next announce is due; null while none is planned.</summary>
    public DateTime? NextAnnounce { get; }

    /// <summary>Complete peers in the swarm, as the tracker last told.</summary>
    public int? Seeders { get; }

    /// <summary>Incomplete peers in the swarm, as the tracker last told.</summary>
    public int? Leechers { get; }

    /// <summary>How many peers its last answer listed.</summary>
    public int PeersReceived { get; }

    /// <summary>The masked address.</summary>
    public override string ToString() => MaskedUri;
}
