using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Client;

/// <summary>A snapshot of one of a torrent's trackers.</summary>
public sealed record TrackerSnapshot
{
    /// <summary>The announce address. It may hold a personal key.</summary>
    public required Uri Uri { get; init; }

    /// <summary>The announce address with *** in place of possible keys, safe to show.</summary>
    public string MaskedUri => MaskedAddress.OfTracker(Uri);

    /// <summary>The number of its tier, from 0 (BEP 12).</summary>
    public required int Tier { get; init; }

    /// <summary>The tracker's status for this torrent.</summary>
    public required TrackerStatus Status { get; init; }

    /// <summary>The last warning or failure, safe to show; <c>null</c> after an answer without a warning.</summary>
    public string? Message { get; init; }

    /// <summary>The number of consecutive failed announces.</summary>
    public int Failures { get; init; }

    /// <summary>When it last answered (UTC), if it ever did.</summary>
    public DateTimeOffset? LastAnswer { get; init; }

    /// <summary>When the next announce is due (UTC); <c>null</c> while none is planned.</summary>
    public DateTimeOffset? NextAnnounce { get; init; }

    /// <summary>Complete peers in the swarm, as the tracker last reported.</summary>
    public int? Seeders { get; init; }

    /// <summary>Incomplete peers in the swarm, as the tracker last reported.</summary>
    public int? Leechers { get; init; }

    /// <summary>The number of peers in its last answer.</summary>
    public int PeersReceived { get; init; }

    /// <summary>The masked address and the status.</summary>
    public override string ToString() => $"{MaskedUri} ({Status})";
}
