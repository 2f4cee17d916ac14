using System.Collections.ObjectModel;

namespace TorrentPatron.Engine.Client;

/// <summary>How a torrent stood at one moment. Immutable; sizes are bytes, rates bytes/s, times UTC.</summary>
public sealed record TorrentStatus
{
    /// <summary>The torrent's name, safe to print.</summary>
    public required string Name { get; init; }

    /// <summary>The info hash as 40 lower-case hexadecimal digits.</summary>
    public required string InfoHash { get; init; }

    /// <summary>What the torrent is doing.</summary>
    public required TorrentState State { get; init; }

    /// <summary>The folder below which the torrent's files lie.</summary>
    public required string Destination { get; init; }

    /// <summary>Path of the torrent's file or, if it has several, of its top folder.</summary>
    public required string Path { get; init; }

    /// <summary>Share of the wanted bytes that are verified and written, 0 to 100; while checking, share of what is checked; while
    /// moving, of what is moved.</summary>
    public double PercentComplete { get; init; }

    /// <summary>
    /// Whether every wanted piece is verified and written, and was found so: never while it is <see cref="TorrentState.Downloading"/> or
    /// <see cref="TorrentState.Checking"/>. Then <see cref="CompletedAt"/> is known.
    /// </summary>
    public bool IsComplete { get; init; }

    /// <summary>Size of all files.</summary>
    public long TotalSize { get; init; }

    /// <summary>Size of the pieces that wanted files lie in: that of the wanted files, and of what shares a piece with them.</summary>
    public long WantedSize { get; init; }

    /// <summary>Wanted bytes that are verified and written.</summary>
    public long CompletedSize { get; init; }

    /// <summary>Payload received since the torrent was first added, discarded blocks included.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Payload sent since the torrent was first added.</summary>
    public long BytesSent { get; init; }

    /// <summary>Payload received that had to be thrown away.</summary>
    public long BytesWasted { get; init; }

    /// <summary>Bytes of pieces that were taken over from files that were on this machine already, in this run.</summary>
    public long BytesReused { get; init; }

    /// <summary>Payload received in a second.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload sent in a second.</summary>
    public long UploadRate { get; init; }

    /// <summary>When the download will be done at the present rate; null where that cannot be said.</summary>
    public TimeSpan? EstimatedTimeLeft { get; init; }

    /// <summary>Bytes sent for each byte of the torrent that is here; 0 where none is.</summary>
    public double Ratio { get; init; }

    /// <summary>Connected peers.</summary>
    public int ConnectedPeers { get; init; }

    /// <summary>Connected peers that have everything.</summary>
    public int ConnectedSeeds { get; init; }

    /// <summary>Addresses of peers that are known.</summary>
    public int KnownPeers { get; init; }

    /// <summary>Complete peers in the swarm, as the tracker says that knows of most; null where none has said.</summary>
    public int? SwarmSeeds { get; init; }

    /// <summary>Incomplete peers in the swarm, as the tracker says that knows of most; null where none has said.</summary>
    public int? SwarmLeechers { get; init; }

    /// <summary>Number of pieces.</summary>
    public int PieceCount { get; init; }

    /// <summary>Pieces that are verified and written.</summary>
    public int VerifiedPieces { get; init; }

    /// <summary>Pieces that were read back and hashed in this run (a full check, or only the doubtful ones).</summary>
    public int RecheckedPieces { get; init; }

    /// <summary>Pieces whose hash was wrong on arrival.</summary>
    public int FailedPieces { get; init; }

    /// <summary>When the torrent was first added.</summary>
    public DateTimeOffset AddedAt { get; init; }

    /// <summary>When it became complete; null while it is not.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>When this snapshot was taken.</summary>
    public DateTimeOffset Timestamp { get; init; }

    /// <summary>How it came to be complete in this run; null where it is not.</summary>
    public CompletionReason? Completion { get; init; }

    /// <summary>When the last payload came in, UTC; where none did in this run, when it last began to download.</summary>
    public DateTimeOffset? LastProgressAt { get; init; }

    /// <summary>Whether it is downloading and nothing has come in for a minute.</summary>
    public bool IsStalled { get; init; }

    /// <summary>The torrent's own limit on what it receives, bytes/s; 0: none.</summary>
    public long MaxDownloadRate { get; init; }

    /// <summary>The torrent's own limit on what it sends, bytes/s; 0: none.</summary>
    public long MaxUploadRate { get; init; }

    /// <summary>The <see cref="Ratio"/> at which it stops seeding; null: none.</summary>
    public double? SeedRatio { get; init; }

    /// <summary>The <see cref="SeedingTime"/> after which it stops seeding; null: none.</summary>
    public TimeSpan? SeedTime { get; init; }

    /// <summary>Time spent seeding, over all runs.</summary>
    public TimeSpan SeedingTime { get; init; }

    /// <summary>Whether pieces are fetched in their order.</summary>
    public bool Sequential { get; init; }

    /// <summary>Whether it super-seeds while every piece is here (BEP 16).</summary>
    public bool SuperSeeding { get; init; }

    /// <summary>Whether it only gives what is there, and writes nothing.</summary>
    public bool SeedOnly { get; init; }

    /// <summary>Whether peers may come from its trackers only (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>What its user calls it by, safe to print.</summary>
    public ReadOnlyCollection<string> Tags { get; init; } = [];

    /// <summary>How far the fetching of its metadata is; null where the metadata is here.</summary>
    public MetadataProgress? Metadata { get; init; }

    /// <summary>Why the torrent stopped by itself; null where it did not.</summary>
    public TorrentError? Error { get; init; }

    /// <summary>What does not stop the torrent but may want attention.</summary>
    public ReadOnlyCollection<TorrentError> Warnings { get; init; } = [];

    /// <summary>The torrent's trackers.</summary>
    public ReadOnlyCollection<TrackerSnapshot> Trackers { get; init; } = [];

    /// <summary>The torrent's web seeds (BEP 19); none where its metadata is not known yet.</summary>
    public ReadOnlyCollection<WebSeedSnapshot> WebSeeds { get; init; } = [];

    /// <summary>Web seeds that are being asked.</summary>
    public int ActiveWebSeeds => WebSeeds.Count(static seed => seed.Status == WebSeedStatus.Downloading);

    /// <summary>The name, state and progress.</summary>
    public override string ToString() => $"{Name}: {State}, {PercentComplete:0.0} %";
}
