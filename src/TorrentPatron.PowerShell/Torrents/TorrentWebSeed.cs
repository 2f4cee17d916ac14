using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>One of a torrent's web seeds as it stood at one moment. Immutable; sizes are bytes, rates bytes/s, times local.</summary>
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

    /// <summary>The web seed's address. It may hold a password or a personal key.</summary>
    public Uri Uri { get; }

    /// <summary>The address with *** for what may be a password or a key, as it is shown.</summary>
    public string MaskedUri { get; }

    /// <summary>How the torrent stands with it.</summary>
    public WebSeedStatus Status { get; }

    /// <summary>Whether it was added, and is not the torrent's own.</summary>
    public bool IsAdded { get; }

    /// <summary>Payload received from it in a second.</summary>
    public long DownloadRate { get; }

    /// <summary>Payload received from it since the torrent was started.</summary>
    public long BytesReceived { get; }

    /// <summary>How many requests have failed in a row.</summary>
    public int Failures { get; }

    /// <summary>What went wrong last; null after an answer that was in order.</summary>
    public string? Message { get; }

    /// <summary>When it is asked again, where it is waited for; else null.</summary>
    public DateTime? NextAttempt { get; }

    /// <summary>The masked address.</summary>
    public override string ToString() => MaskedUri;
}
