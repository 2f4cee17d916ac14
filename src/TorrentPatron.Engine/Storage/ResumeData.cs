using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>What a torrent needs to go on where it was. Sizes are bytes, times UTC.</summary>
public sealed record ResumeData
{
    /// <summary>Pieces that were verified and written; none at all where what is in the torrent is not known yet.</summary>
    public required Bitfield Verified { get; init; }

    /// <summary>
    /// Those of <see cref="Verified"/> that may not have reached the disk and are hashed again before they count: noted
    /// after the last checkpoint, or not flushed before the machine went down: the store adds those on loading; or not
    /// checked yet when it was saved: the engine fills those in at a checkpoint.
    /// </summary>
    public Bitfield? Doubtful { get; init; }

    /// <summary>
    /// Those of <see cref="Verified"/> that are not known to be flushed to the medium (they outlive the process, not the
    /// machine). The engine fills it at a checkpoint; null: all are flushed.
    /// </summary>
    public Bitfield? Unflushed { get; init; }

    /// <summary>
    /// Pieces of which some blocks are on disk, in the order of their indexes. They may be garbage after a crash, so nothing of them
    /// counts before the piece is whole and its hash is right.
    /// </summary>
    public IReadOnlyList<UnfinishedPiece> Unfinished { get; init; } = [];

    /// <summary>The folder below which the files lie.</summary>
    public required string Destination { get; init; }

    /// <summary>Where <see cref="Destination"/> led, with every link followed, when it was given; null: that was not noted.</summary>
    public string? RealDestination { get; init; }

    /// <summary>The folder to which the files were on their way; null means none.</summary>
    public string? MovingTo { get; init; }

    /// <summary>
    /// Length and last write of each file as the torrent was closed, in the metainfo's order; null for a file not there. Empty
    /// in what is saved before.
    /// </summary>
    public IReadOnlyList<FileStamp?> Files { get; init; } = [];

    /// <summary>Whether the torrent was closed in order, so that <see cref="Files"/> is how the files were left.</summary>
    public bool ClosedInOrder { get; init; }

    /// <summary>Whether the torrent was suspended.</summary>
    public bool Suspended { get; init; }

    /// <summary>Priority of each file; empty: all normal.</summary>
    public IReadOnlyList<FilePriority> FilePriorities { get; init; } = [];

    /// <summary>Which files are wanted, where what files there are is not known yet; else null.</summary>
    public FileSelection? Selection { get; init; }

    /// <summary>Most of <see cref="Peers"/> that are saved.</summary>
    public const int MostPeers = 50;

    /// <summary>Peers that could be reached, the best first, at most <see cref="MostPeers"/>; none of a private torrent.</summary>
    public IReadOnlyList<IPEndPoint> Peers { get; init; } = [];

    /// <summary>Trackers added by hand.</summary>
    public IReadOnlyList<Uri> Trackers { get; init; } = [];

    /// <summary>Trackers of the metainfo that were taken away by hand.</summary>
    public IReadOnlyList<Uri> RemovedTrackers { get; init; } = [];

    /// <summary>Web seeds added by hand.</summary>
    public IReadOnlyList<Uri> WebSeeds { get; init; } = [];

    /// <summary>Web seeds of the metainfo that were taken away by hand.</summary>
    public IReadOnlyList<Uri> RemovedWebSeeds { get; init; } = [];

    /// <summary>Where else its data is still to be looked for before it is fetched; null means nowhere.</summary>
    public DataReuse? Reuse { get; init; }

    /// <summary>How the torrent was treated.</summary>
    public TorrentOptions Options { get; init; } = TorrentOptions.Unchanged;

    /// <summary>
    /// The files whose bytes, as far as they are here, are not at their paths but in the torrent's parts file; null means none.
    /// </summary>
    public Bitfield? Apart { get; init; }

    /// <summary>Where the files on disk are from; null: that was not noted.</summary>
    public DataOrigin? Origin { get; init; }

    /// <summary>Time spent seeding.</summary>
    public TimeSpan SeedingTime { get; init; }

    /// <summary>Whether it has reached its goal, so that it seeds on where it is let run.</summary>
    public bool GoalReached { get; init; }

    /// <summary>Payload received since the torrent was first added.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Payload sent since the torrent was first added.</summary>
    public long BytesSent { get; init; }

    /// <summary>When the torrent was first added.</summary>
    public DateTimeOffset AddedAt { get; init; }

    /// <summary>When it became complete; null where it is not.</summary>
    public DateTimeOffset? CompletedAt { get; init; }
}
