using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Client;

/// <summary>One of a torrent's trackers as it stood at one moment.</summary>
public sealed record TrackerSnapshot
{
    /// <summary>The announce address. It may hold a personal key.</summary>
    public required Uri Uri { get; init; }

    /// <summary>The announce address with *** for what may be a key, fit to be shown.</summary>
    public string MaskedUri => MaskedAddress.OfTracker(Uri);

    /// <summary>The number of its tier, from 0 (BEP 12).</summary>
    public required int Tier { get; init; }

    /// <summary>How the torrent stands with it.</summary>
    public required TrackerStatus Status { get; init; }

    /// <summary>The last warning or failure, fit to be shown; <c>null</c> after an answer without a warning.</summary>
    public string? Message { get; init; }

    /// <summary>How many announces have failed in a row.</summary>
    public int Failures { get; init; }

    /// <summary>When it last answered (UTC), if it ever did.</summary>
    public DateTimeOffset? LastAnswer { get; init; }

    /// <summary>When the next announce is due (UTC); <c>null</c> while none is planned.</summary>
    public DateTimeOffset? NextAnnounce { get; init; }

    /// <summary>Complete peers in the swarm, as the tracker last told.</summary>
    public int? Seeders { get; init; }

    /// <summary>Incomplete peers in the swarm, as the tracker last told.</summary>
    public int? Leechers { get; init; }

    /// <summary>How many peers its last answer listed.</summary>
    public int PeersReceived { get; init; }

    /// <summary>The masked address, and how the torrent stands with it.</summary>
    public override string ToString() => $"{MaskedUri} ({Status})";
}
