using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Client;

/// <summary>One of a torrent's web seeds (BEP 19) as it stood at one moment. Immutable; sizes are bytes, rates bytes/s, times UTC.</summary>
public sealed record WebSeedSnapshot
{
    /// <summary>The web seed's address. It may hold a password or a personal key.</summary>
    public required Uri Uri { get; init; }

    /// <summary>The address with *** for what may be a password or a key, fit to be shown.</summary>
    public string MaskedUri => MaskedAddress.OfWebSeed(Uri);

    /// <summary>How the torrent stands with it.</summary>
    public required WebSeedStatus Status { get; init; }

    /// <summary>Whether it was added by hand, and is not the torrent's own.</summary>
    public bool IsAdded { get; init; }

    /// <summary>Payload received from it in a second.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload received from it since the torrent was started.</summary>
    public long BytesReceived { get; init; }

    /// <summary>How many requests have failed in a row.</summary>
    public int Failures { get; init; }

    /// <summary>What went wrong last, fit to be shown; <c>null</c> after an answer that was in order.</summary>
    public string? Message { get; init; }

    /// <summary>When it is asked again (UTC), where it is <see cref="WebSeedStatus.Waiting"/>; else <c>null</c>.</summary>
    public DateTimeOffset? NextAttempt { get; init; }

    /// <summary>The masked address, and how the torrent stands with it.</summary>
    public override string ToString() => $"{MaskedUri} ({Status})";
}
