using System.Collections.ObjectModel;

namespace TorrentPatron.Engine.Client;

/// <summary>A snapshot of a torrent. Immutable; sizes are bytes, rates bytes/s, times UTC.</summary>
public sealed record TorrentStatus
{
    /// <summary>The torrent's name, safe to print.</summary>
    public required string Name { get; init; }

    /// <summary>The info hash as 40 lower-case hexadecimal digits; 64 if the torrent has only a v2 hash, or was started by it.</summary>
    public required string InfoHash { get; init; }

    /// <summary>The other info hash of a hybrid, which names the same torrent; null if the torrent has only one, or it is not known yet.</summary>
    public string? OtherInfoHash { get; init; }

    /// <summary>What the torrent is doing.</summary>
    public required TorrentState State { get; init; }

    /// <summary>The folder that contains the torrent's files.</summary>
    public required string Destination { get; init; }

    /// <summary>Path of the torrent's single file, or of its top folder.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// The share of the wanted bytes that are verified and written, 0 to 100; while checking or moving, the share already checked
    /// or moved.
    /// </summary>
    public double PercentComplete { get; init; }

    /// <summary>
    /// Whether every wanted piece is verified and written; never true in the states <see cref="TorrentState.Downloading"/> and
    /// <see cref="TorrentState.Checking"/>. If true, <see cref="CompletedAt"/> is set.
    /// </summary>
    public bool IsComplete { get; init; }

    /// <summary>Size of all files.</summary>
    public long TotalSize { get; init; }

    /// <summary>
    /// Size of the pieces that contain wanted files: the wanted files and the data that shares pieces with them.
    /// </summary>
    public long WantedSize { get; init; }

    /// <summary>Wanted bytes that are verified and written.</summary>
    public long CompletedSize { get; init; }

    /// <summary>Payload received since the torrent was first added, discarded blocks included.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Payload sent since the torrent was first added.</summary>
    public long BytesSent { get; init; }

    /// <summary>Payload received and discarded.</summary>
    public long BytesWasted { get; init; }

    /// <summary>Bytes of pieces reused from files on this machine, in this run.</summary>
    public long BytesReused { get; init; }

    /// <summary>Payload received, bytes/s.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload sent, bytes/s.</summary>
    public long UploadRate { get; init; }

    /// <summary>Time until the download is complete at the present rate; null if it cannot be estimated.</summary>
    public TimeSpan? EstimatedTimeLeft { get; init; }

    /// <summary>Bytes sent divided by the bytes of the torrent on disk; 0 if there are none.</summary>
    public double Ratio { get; init; }

    /// <summary>Connected peers.</summary>
    public int ConnectedPeers { get; init; }

    /// <summary>Connected peers that are complete.</summary>
    public int ConnectedSeeds { get; init; }

    /// <summary>Known peer addresses.</summary>
    public int KnownPeers { get; init; }

    /// <summary>Complete peers in the swarm: the highest count from any tracker; null if none reported one.</summary>
    public int? SwarmSeeds { get; init; }

    /// <summary>Incomplete peers in the swarm: the highest count from any tracker; null if none reported one.</summary>
    public int? SwarmLeechers { get; init; }

    /// <summary>Number of pieces.</summary>
    public int PieceCount { get; init; }

    /// <summary>Pieces that are verified and written.</summary>
    public int VerifiedPieces { get; init; }

    /// <summary>Pieces read back and hashed in this run (in a full check, or only the doubtful ones).</summary>
    public int RecheckedPieces { get; init; }

    /// <summary>Pieces that failed their hash check on arrival.</summary>
    public int FailedPieces { get; init; }

    /// <summary>When the torrent was first added.</summary>
    public DateTimeOffset AddedAt { get; init; }

    /// <summary>When it became complete; null while it is not.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>When this snapshot was taken.</summary>
    public DateTimeOffset Timestamp { get; init; }

    /// <summary>How it became complete in this run; null if it is not.</summary>
    public CompletionReason? Completion { get; init; }

    /// <summary>When the last payload arrived, UTC; if none has in this run, when it last began to download.</summary>
    public DateTimeOffset? LastProgressAt { get; init; }

    /// <summary>Whether it is downloading but has received nothing for a minute.</summary>
    public bool IsStalled { get; init; }

    /// <summary>The torrent's own download limit, bytes/s; 0 means no limit.</summary>
    public long MaxDownloadRate { get; init; }

    /// <summary>The torrent's own upload limit, bytes/s; 0 means no limit.</summary>
    public long MaxUploadRate { get; init; }

    /// <summary>The <see cref="Ratio"/> at which it stops seeding; null means none.</summary>
    public double? SeedRatio { get; init; }

    /// <summary>The <see cref="SeedingTime"/> after which it stops seeding; null means none.</summary>
    public TimeSpan? SeedTime { get; init; }

    /// <summary>Time spent seeding, over all runs.</summary>
    public TimeSpan SeedingTime { get; init; }

    /// <summary>Whether pieces are downloaded in order.</summary>
    public bool Sequential { get; init; }

    /// <summary>Whether it super-seeds while it is complete (BEP 16).</summary>
    public bool SuperSeeding { get; init; }

    /// <summary>Whether it only seeds and writes nothing.</summary>
    public bool SeedOnly { get; init; }

    /// <summary>Whether it is private: peers come only from its trackers (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>
    /// Its position among all torrents of the engine, 1 or more: downloads and seeds get their turns in this order. Null if it is
    /// stopped.
    /// </summary>
    public int? QueuePosition { get; init; }

    /// <summary>The number that orders the queue, so that a client can follow the positions; null if unknown.</summary>
    internal long? QueueKey { get; init; }

    /// <summary>The user's tags, safe to print.</summary>
    public ReadOnlyCollection<string> Tags { get; init; } = [];

    /// <summary>The progress of its metadata download; null if the metadata is known.</summary>
    public MetadataProgress? Metadata { get; init; }

    /// <summary>The error that stopped the torrent; null if there is none.</summary>
    public TorrentError? Error { get; init; }

    /// <summary>Problems that do not stop the torrent.</summary>
    public ReadOnlyCollection<TorrentError> Warnings { get; init; } = [];

    /// <summary>The torrent's trackers.</summary>
    public ReadOnlyCollection<TrackerSnapshot> Trackers { get; init; } = [];

    /// <summary>The torrent's web seeds (BEP 19); empty until its metadata is known.</summary>
    public ReadOnlyCollection<WebSeedSnapshot> WebSeeds { get; init; } = [];

    /// <summary>The number of web seeds in use.</summary>
    public int ActiveWebSeeds => WebSeeds.Count(static seed => seed.Status == WebSeedStatus.Downloading);

    /// <summary>Whether a text is one of the torrent's info hashes, or the beginning of one.</summary>
    /// <param name="text">Hexadecimal digits of either case.</param>
    public bool HasInfoHash(string text) =>
        InfoHash.StartsWith(text, StringComparison.OrdinalIgnoreCase) || OtherInfoHash?.StartsWith(text, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>The name, state and progress.</summary>
    public override string ToString() => $"{Name}: {State}, {PercentComplete:0.0} %";
}
