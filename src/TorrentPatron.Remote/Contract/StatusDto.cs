using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Contract;

/// <summary>A torrent's status on the wire. Durations are seconds.</summary>
internal sealed class StatusDto
{
    public string? Name { get; set; }

    public string? InfoHash { get; set; }

    public string? OtherInfoHash { get; set; }

    public string? State { get; set; }

    public string? Destination { get; set; }

    public string? Path { get; set; }

    public double PercentComplete { get; set; }

    public bool IsComplete { get; set; }

    public long TotalSize { get; set; }

    public long WantedSize { get; set; }

    public long CompletedSize { get; set; }

    public long BytesReceived { get; set; }

    public long BytesSent { get; set; }

    public long BytesWasted { get; set; }

    public long BytesReused { get; set; }

    public long DownloadRate { get; set; }

    public long UploadRate { get; set; }

    public double? EstimatedTimeLeft { get; set; }

    public double Ratio { get; set; }

    public int ConnectedPeers { get; set; }

    public int ConnectedSeeds { get; set; }

    public int KnownPeers { get; set; }

    public int? SwarmSeeds { get; set; }

    public int? SwarmLeechers { get; set; }

    public int PieceCount { get; set; }

    public int VerifiedPieces { get; set; }

    public int RecheckedPieces { get; set; }

    public int FailedPieces { get; set; }

    public DateTimeOffset AddedAt { get; set; }

    public DateTimeOffset? CompletedAt { get; set; }

    public DateTimeOffset Timestamp { get; set; }

    public string? Completion { get; set; }

    public DateTimeOffset? LastProgressAt { get; set; }

    public bool IsStalled { get; set; }

    public long MaxDownloadRate { get; set; }

    public long MaxUploadRate { get; set; }

    public double? SeedRatio { get; set; }

    public double? SeedTime { get; set; }

    public double SeedingTime { get; set; }

    public bool Sequential { get; set; }

    public bool SeedOnly { get; set; }

    public bool SuperSeeding { get; set; }

    public bool IsPrivate { get; set; }

    public int? QueuePosition { get; set; }

    public long? QueueKey { get; set; }

    public string[]? Tags { get; set; }

    public MetadataProgressDto? Metadata { get; set; }

    public ErrorDto? Error { get; set; }

    public ErrorDto[]? Warnings { get; set; }

    public TrackerDto[]? Trackers { get; set; }

    public WebSeedDto[]? WebSeeds { get; set; }

    public static StatusDto Of(TorrentStatus status) => new()
    {
        Name = status.Name,
        InfoHash = status.InfoHash,
        OtherInfoHash = status.OtherInfoHash,
        State = status.State.ToString(),
        Destination = status.Destination,
        Path = status.Path,
        PercentComplete = status.PercentComplete,
        IsComplete = status.IsComplete,
        TotalSize = status.TotalSize,
        WantedSize = status.WantedSize,
        CompletedSize = status.CompletedSize,
        BytesReceived = status.BytesReceived,
        BytesSent = status.BytesSent,
        BytesWasted = status.BytesWasted,
        BytesReused = status.BytesReused,
        DownloadRate = status.DownloadRate,
        UploadRate = status.UploadRate,
        EstimatedTimeLeft = Wire.OfTime(status.EstimatedTimeLeft),
        Ratio = status.Ratio,
        ConnectedPeers = status.ConnectedPeers,
        ConnectedSeeds = status.ConnectedSeeds,
        KnownPeers = status.KnownPeers,
        SwarmSeeds = status.SwarmSeeds,
        SwarmLeechers = status.SwarmLeechers,
        PieceCount = status.PieceCount,
        VerifiedPieces = status.VerifiedPieces,
        RecheckedPieces = status.RecheckedPieces,
        FailedPieces = status.FailedPieces,
        AddedAt = status.AddedAt,
        CompletedAt = status.CompletedAt,
        Timestamp = status.Timestamp,
        Completion = Wire.OfEnum(status.Completion),
        LastProgressAt = status.LastProgressAt,
        IsStalled = status.IsStalled,
        MaxDownloadRate = status.MaxDownloadRate,
        MaxUploadRate = status.MaxUploadRate,
        SeedRatio = status.SeedRatio,
        SeedTime = Wire.OfTime(status.SeedTime),
        SeedingTime = status.SeedingTime.TotalSeconds,
        Sequential = status.Sequential,
        SeedOnly = status.SeedOnly,
        SuperSeeding = status.SuperSeeding,
        IsPrivate = status.IsPrivate,
        QueuePosition = status.QueuePosition,
        QueueKey = status.QueueKey,
        Tags = Wire.OfList(status.Tags, text => text),
        Metadata = MetadataProgressDto.Of(status.Metadata),
        Error = ErrorDto.Of(status.Error),
        Warnings = ErrorDto.OfList(status.Warnings),
        Trackers = Wire.OfList(status.Trackers, TrackerDto.Of),
        WebSeeds = Wire.OfList(status.WebSeeds, WebSeedDto.Of),
    };

    public TorrentStatus ToStatus() => new()
    {
        Name = Name ?? "",
        InfoHash = InfoHash ?? "",
        OtherInfoHash = OtherInfoHash,
        State = Wire.ToEnum(State, TorrentState.Suspended),
        Destination = Destination ?? "",
        Path = Path ?? "",
        PercentComplete = PercentComplete,
        IsComplete = IsComplete,
        TotalSize = TotalSize,
        WantedSize = WantedSize,
        CompletedSize = CompletedSize,
        BytesReceived = BytesReceived,
        BytesSent = BytesSent,
        BytesWasted = BytesWasted,
        BytesReused = BytesReused,
        DownloadRate = DownloadRate,
        UploadRate = UploadRate,
        EstimatedTimeLeft = Wire.ToTime(EstimatedTimeLeft),
        Ratio = Ratio,
        ConnectedPeers = ConnectedPeers,
        ConnectedSeeds = ConnectedSeeds,
        KnownPeers = KnownPeers,
        SwarmSeeds = SwarmSeeds,
        SwarmLeechers = SwarmLeechers,
        PieceCount = PieceCount,
        VerifiedPieces = VerifiedPieces,
        RecheckedPieces = RecheckedPieces,
        FailedPieces = FailedPieces,
        AddedAt = AddedAt,
        CompletedAt = CompletedAt,
        Timestamp = Timestamp,
        Completion = Completion is null ? null : Wire.ToEnum<CompletionReason>(Completion),
        LastProgressAt = LastProgressAt,
        IsStalled = IsStalled,
        MaxDownloadRate = MaxDownloadRate,
        MaxUploadRate = MaxUploadRate,
        SeedRatio = SeedRatio,
        SeedTime = Wire.ToTime(SeedTime),
        SeedingTime = Wire.ToTime(SeedingTime),
        Sequential = Sequential,
        SeedOnly = SeedOnly,
        SuperSeeding = SuperSeeding,
        IsPrivate = IsPrivate,
        QueuePosition = QueuePosition,
        QueueKey = QueueKey,
        Tags = Wire.ToList(Tags, text => text),
        Metadata = Metadata?.ToProgress(),
        Error = Error?.ToError(),
        Warnings = Wire.ToList(Warnings, error => error.ToError()),
        Trackers = Wire.ToList(Trackers, tracker => tracker.ToSnapshot()),
        WebSeeds = Wire.ToList(WebSeeds, seed => seed.ToSnapshot()),
    };
}
