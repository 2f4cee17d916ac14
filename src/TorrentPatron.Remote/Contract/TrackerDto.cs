using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Contract;

/// <summary>A tracker on the wire, with its properties.</summary>
internal sealed class TrackerDto
{
    public string? Uri { get; set; }

    public int Tier { get; set; }

    public string? Status { get; set; }

    public string? Message { get; set; }

    public int Failures { get; set; }

    public DateTimeOffset? LastAnswer { get; set; }

    public DateTimeOffset? NextAnnounce { get; set; }

    public int? Seeders { get; set; }

    public int? Leechers { get; set; }

    public int PeersReceived { get; set; }

    public static TrackerDto Of(TrackerSnapshot tracker) => new()
    {
        Uri = Wire.OfUri(tracker.Uri),
        Tier = tracker.Tier,
        Status = tracker.Status.ToString(),
        Message = tracker.Message,
        Failures = tracker.Failures,
        LastAnswer = tracker.LastAnswer,
        NextAnnounce = tracker.NextAnnounce,
        Seeders = tracker.Seeders,
        Leechers = tracker.Leechers,
        PeersReceived = tracker.PeersReceived,
    };

    public TrackerSnapshot ToSnapshot() => new()
    {
        Uri = Wire.ToUri(Uri),
        Tier = Tier,
        Status = Wire.ToEnum<TrackerStatus>(Status),
        Message = Message,
        Failures = Failures,
        LastAnswer = LastAnswer,
        NextAnnounce = NextAnnounce,
        Seeders = Seeders,
        Leechers = Leechers,
        PeersReceived = PeersReceived,
    };
}
