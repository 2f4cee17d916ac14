using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Contract;

/// <summary>A web seed on the wire, with its properties.</summary>
internal sealed class WebSeedDto
{
    public string? Uri { get; set; }

    public string? Status { get; set; }

    public bool IsAdded { get; set; }

    public long DownloadRate { get; set; }

    public long BytesReceived { get; set; }

    public int Failures { get; set; }

    public string? Message { get; set; }

    public DateTimeOffset? NextAttempt { get; set; }

    public static WebSeedDto Of(WebSeedSnapshot seed) => new()
    {
        Uri = Wire.OfUri(seed.Uri),
        Status = seed.Status.ToString(),
        IsAdded = seed.IsAdded,
        DownloadRate = seed.DownloadRate,
        BytesReceived = seed.BytesReceived,
        Failures = seed.Failures,
        Message = seed.Message,
        NextAttempt = seed.NextAttempt,
    };

    public WebSeedSnapshot ToSnapshot() => new()
    {
        Uri = Wire.ToUri(Uri),
        Status = Wire.ToEnum<WebSeedStatus>(Status),
        IsAdded = IsAdded,
        DownloadRate = DownloadRate,
        BytesReceived = BytesReceived,
        Failures = Failures,
        Message = Message,
        NextAttempt = NextAttempt,
    };
}
