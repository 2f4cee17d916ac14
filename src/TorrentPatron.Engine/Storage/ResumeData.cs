using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>The data that a torrent needs to resume. Sizes are bytes, times UTC.</summary>
public sealed record ResumeData
{
    /// <summary>Pieces that were verified and written; empty if the metadata is not known yet.</summary>
    public required Bitfield Verified { get; init; }

    /// <summary>
    /// Pieces in <see cref="Verified"/> that may not have reached the disk and must be hashed again before they count. On
    /// loading, the store adds those noted after the last checkpoint, or not flushed before the machine went down; at a
    /// checkpoint, the engine adds those not checked yet.
    /// </summary>
    public Bitfield? Doubtful { get; init; }

    /// <summary>
    /// Pieces in <see cref="Verified"/> that have not been flushed to the disk (they survive the process, but not the machine).
    /// The engine sets it at a checkpoint; null means that all are flushed.
    /// </summary>
    public Bitfield? Unflushed { get; init; }

    /// <summary>
    /// Pieces with some blocks on disk, by index. The blocks may be garbage after a crash, so none counts before the whole piece
    /// passes its hash check.
    /// </summary>
    public IReadOnlyList<UnfinishedPiece> Unfinished { get; init; } = [];

    /// <summary>The folder that contains the files.</summary>
    public required string Destination { get; init; }

    /// <summary><see cref="Destination"/> with all links resolved, when it was given; null if that was not recorded.</summary>
    public string? RealDestination { get; init; }

    /// <summary>The destination of a move in progress; null means none.</summary>
    public string? MovingTo { get; init; }

    /// <summary>
    /// Length and last write of each file when the torrent was closed, in the metainfo's order; null for a missing file. Empty in
    /// data saved before that.
    /// </summary>
    public IReadOnlyList<FileStamp?> Files { get; init; } = [];

    /// <summary>
    /// Whether the torrent was closed in order, so that <see cref="Files"/> describes the final state of the files.
    /// </summary>
    public bool ClosedInOrder { get; init; }

    /// <summary>Whether the torrent was suspended.</summary>
    public bool Suspended { get; init; }

    /// <summary>Priority of each file; empty means all normal.</summary>
    public IReadOnlyList<FilePriority> FilePriorities { get; init; } = [];

    /// <summary>The selection of wanted files, while the file list is not known; else null.</summary>
    public FileSelection? Selection { get; init; }

    /// <summary>The most saved <see cref="Peers"/>.</summary>
    public const int MostPeers = 50;

    /// <summary>Peers that could be reached, best first, at most <see cref="MostPeers"/>; empty for a private torrent.</summary>
    public IReadOnlyList<IPEndPoint> Peers { get; init; } = [];

    /// <summary>Trackers that the user added.</summary>
    public IReadOnlyList<Uri> Trackers { get; init; } = [];

    /// <summary>Trackers in the metainfo that the user removed.</summary>
    public IReadOnlyList<Uri> RemovedTrackers { get; init; } = [];

    /// <summary>Web seeds that the user added.</summary>
    public IReadOnlyList<Uri> WebSeeds { get; init; } = [];

    /// <summary>Web seeds in the metainfo that the user removed.</summary>
    public IReadOnlyList<Uri> RemovedWebSeeds { get; init; } = [];

    /// <summary>Where else its data is still to be looked for; null means nowhere.</summary>
    public DataReuse? Reuse { get; init; }

    /// <summary>The torrent's options.</summary>
    public TorrentOptions Options { get; init; } = TorrentOptions.Unchanged;

    /// <summary>The files whose downloaded bytes are in the torrent's parts file, not at their paths; null means none.</summary>
    public Bitfield? Apart { get; init; }

    /// <summary>The origin of the files on disk; null if it was not recorded.</summary>
    public DataOrigin? Origin { get; init; }

    /// <summary>Time spent seeding.</summary>
    public TimeSpan SeedingTime { get; init; }

    /// <summary>Whether it has reached its goal, so that it seeds on if it is resumed.</summary>
    public bool GoalReached { get; init; }

    /// <summary>The number that orders the torrents in the queue, lowest first; null in data of earlier releases.</summary>
    public long? QueueKey { get; init; }

    /// <summary>Payload received since the torrent was first added.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Payload sent since the torrent was first added.</summary>
    public long BytesSent { get; init; }

    /// <summary>When the torrent was first added.</summary>
    public DateTimeOffset AddedAt { get; init; }

    /// <summary>When it became complete; null if it is not.</summary>
    public DateTimeOffset? CompletedAt { get; init; }
}
