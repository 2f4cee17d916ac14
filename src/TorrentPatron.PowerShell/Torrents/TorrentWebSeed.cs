using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A snapshot of one of a torrent's web seeds. Immutable; sizes are bytes, rates bytes/s, times local.</summary>
public sealed record TorrentWebSeed
{
    internal TorrentWebSeed(TorrentStatus torrent, WebSeedSnapshot seed)
    {
        TorrentName = torrent.Name;
        InfoHash = torrent.InfoHash;
        Uri = seed.Uri;
        MaskedUri = seed.MaskedUri;
        Status = seed.Status;
        IsAdded = seed.IsAdded;
        DownloadRate = seed.DownloadRate;
        BytesReceived = seed.BytesReceived;
        Failures = seed.Failures;
        Message = seed.Message;
        NextAttempt = seed.NextAttempt?.LocalDateTime;
    }

    /// <summary>The torrent's name.</summary>
    public string TorrentName { get; }

    /// <summary>The torrent's info hash, as 40 lower-case hexadecimal digits.</summary>
    public string InfoHash { get; }

    /// <summary>The web seed's address. It may contain a password or a personal key.</summary>
    public Uri Uri { get; }

    /// <summary>The address for display, with *** for a possible password or key.</summary>
    public string MaskedUri { get; }

    /// <summary>The state of the web seed.</summary>
    public WebSeedStatus Status { get; }

    /// <summary>Whether a user added it; false for the torrent's own.</summary>
    public bool IsAdded { get; }

    /// <summary>Payload received from it per second.</summary>
    public long DownloadRate { get; }

    /// <summary>Payload received from it since the torrent was started.</summary>
    public long BytesReceived { get; }

    /// <summary>Number of requests that failed in a row.</summary>
    public int Failures { get; }

    /// <summary>The last failure; null after a valid answer.</summary>
    public string? Message { get; }

    /// <summary>When the next attempt is due; null while none is.</summary>
    public DateTime? NextAttempt { get; }

    /// <summary>The masked address.</summary>
    public override string ToString() => MaskedUri;
}
