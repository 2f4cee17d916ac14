using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Client;

/// <summary>A snapshot of one of a torrent's web seeds (BEP 19). Immutable; sizes are bytes, rates bytes/s, times UTC.</summary>
public sealed record WebSeedSnapshot
{
    /// <summary>The web seed's address. It may hold a password or a personal key.</summary>
    public required Uri Uri { get; init; }

    /// <summary>The address with *** in place of possible passwords and keys, safe to show.</summary>
    public string MaskedUri => MaskedAddress.OfWebSeed(Uri);

    /// <summary>The web seed's status for this torrent.</summary>
    public required WebSeedStatus Status { get; init; }

    /// <summary>Whether a user added it; otherwise the torrent names it.</summary>
    public bool IsAdded { get; init; }

    /// <summary>Payload received from it, bytes/s.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload received from it since the torrent was started, bytes.</summary>
    public long BytesReceived { get; init; }

    /// <summary>The number of consecutive failed requests.</summary>
    public int Failures { get; init; }

    /// <summary>The last error, safe to show; <c>null</c> after a valid answer.</summary>
    public string? Message { get; init; }

    /// <summary>When the next request is due (UTC), if it is <see cref="WebSeedStatus.Waiting"/>; else <c>null</c>.</summary>
    public DateTimeOffset? NextAttempt { get; init; }

    /// <summary>The masked address and the status.</summary>
    public override string ToString() => $"{MaskedUri} ({Status})";
}
