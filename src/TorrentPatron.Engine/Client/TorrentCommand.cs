using System.Net;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Client;

/// <summary>A command to an engine.</summary>
/// <param name="CorrelationId">Repeated in the answer to this command; unique within an engine's lifetime.</param>
/// <param name="TorrentId">The torrent.</param>
public abstract record TorrentCommand(long CorrelationId, TorrentId TorrentId);

/// <summary>Starts a torrent: checks the data on disk, downloads the missing pieces, and seeds.</summary>
/// <remarks>Answered by <see cref="NewTorrentCreated"/>, <see cref="TorrentAlreadyDownloading"/> or <see cref="TorrentStartFail"/>.</remarks>
public sealed record CreateNewTorrent : TorrentCommand
{
    /// <summary>Starts a torrent from its metainfo.</summary>
    /// <param name="correlationId">See <see cref="TorrentCommand"/>.</param>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="destination">See <see cref="Destination"/>.</param>
    public CreateNewTorrent(long correlationId, TorrentMetainfo metainfo, string destination)
        : base(correlationId, (metainfo ?? throw new ArgumentNullException(nameof(metainfo))).TorrentId) =>
        (Metainfo, Destination) = (metainfo, destination);

    /// <summary>
    /// Starts a torrent from a magnet link: its metadata is fetched from peers first (BEP 9), and <see cref="MetadataReceived"/>
    /// is sent when it has arrived. Requires <see cref="ClientCapabilities.Magnets"/>.
    /// </summary>
    /// <param name="correlationId">See <see cref="TorrentCommand"/>.</param>
    /// <param name="magnet">The link.</param>
    /// <param name="destination">See <see cref="Destination"/>.</param>
    public CreateNewTorrent(long correlationId, MagnetLink magnet, string destination)
        : base(correlationId, (magnet ?? throw new ArgumentNullException(nameof(magnet))).TorrentId) =>
        (Magnet, Destination) = (magnet, destination);

    /// <summary>The torrent; null if only <see cref="Magnet"/> is known.</summary>
    public TorrentMetainfo? Metainfo { get; init; }

    /// <summary>The link that started it; null if it was not started from one.</summary>
    public MagnetLink? Magnet { get; init; }

    /// <summary>Absolute path of the folder for the torrent's files; created if it is missing.</summary>
    public string Destination { get; init; }

    /// <summary>
    /// Whether <see cref="Destination"/> comes from saved state rather than from the user. If so it must still lead to the same
    /// place; otherwise someone has put a link in its way.
    /// </summary>
    public bool IsDestinationSaved { get; init; }

    /// <summary>
    /// Whether a torrent started from a link is suspended once its metadata has arrived. <see cref="ResumeTorrent"/> cancels
    /// this, even before that.
    /// </summary>
    public bool MetadataOnly { get; init; }

    /// <summary>
    /// How long fetching the metadata may take before the torrent fails with <see cref="TorrentErrorId.MetadataTimeout"/>. Null
    /// means no limit.
    /// </summary>
    public TimeSpan? MetadataTimeout { get; init; }

    /// <summary>Where resume data is saved; the engine closes it with the torrent, or when the start fails.</summary>
    public required IResumeStore ResumeStore { get; init; }

    /// <summary>Peers that the user gave.</summary>
    public IReadOnlyList<IPEndPoint> Peers { get; init; } = [];

    /// <summary>Peers that a magnet link names; the user may not have looked at them.</summary>
    public IReadOnlyList<IPEndPoint> FoundPeers { get; init; } = [];

    /// <summary>
    /// Trackers that the user gave in addition to the metainfo's, each in a separate tier; includes ones that were removed
    /// before.
    /// </summary>
    public IReadOnlyList<Uri> Trackers { get; init; } = [];

    /// <summary>
    /// Trackers from another .torrent or link of the same torrent, each in a separate tier; excludes ones that were removed
    /// before.
    /// </summary>
    /// <remarks>A private torrent whose metadata is already known keeps its own trackers; neither list is added to it.</remarks>
    public IReadOnlyList<Uri> FoundTrackers { get; init; } = [];

    /// <summary>
    /// Web seeds (BEP 19) that the user gave in addition to the metainfo's; includes ones that were removed before.
    /// </summary>
    public IReadOnlyList<Uri> WebSeeds { get; init; } = [];

    /// <summary>Web seeds from another .torrent or link of the same torrent; excludes ones that were removed before.</summary>
    public IReadOnlyList<Uri> FoundWebSeeds { get; init; } = [];

    /// <summary>
    /// DHT bootstrap nodes from the .torrent or link. Only those that its source may name: a source on the internet must not name
    /// addresses in the local network. Names that resolve to such addresses are skipped.
    /// </summary>
    public IReadOnlyList<HostEndPoint> DhtNodes { get; init; } = [];

    /// <summary>The priority of each file, in the metainfo's order; empty means <see cref="Selection"/> decides.</summary>
    public IReadOnlyList<FilePriority> FilePriorities { get; init; } = [];

    /// <summary>
    /// The wanted files, if <see cref="FilePriorities"/> is empty; null means the saved selection, or else all.
    /// </summary>
    public FileSelection? Selection { get; init; }

    /// <summary>
    /// Where else to look for its data before downloading it. Null means the saved setting, or for a new torrent the engine's
    /// other torrents.
    /// </summary>
    public DataReuse? Reuse { get; init; }

    /// <summary>Whether to add the torrent without running it.</summary>
    public bool Suspended { get; init; }

    /// <summary>
    /// When the start was requested, which orders new torrents in the queue: commands may arrive in another order. Null means now.
    /// </summary>
    public DateTimeOffset? RequestedAt { get; init; }

    /// <summary>Whether to hash all data on disk, ignoring the resume data.</summary>
    public bool Recheck { get; init; }

    /// <summary>Options that override the saved ones.</summary>
    public TorrentOptions Options { get; init; } = TorrentOptions.Unchanged;
}

/// <summary>Stops a torrent and closes its files. Answered by <see cref="TorrentClosed"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">The torrent.</param>
public sealed record CloseTorrent(long CorrelationId, TorrentId TorrentId) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>Leaves the swarm but keeps the torrent. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">The torrent.</param>
public sealed record SuspendTorrent(long CorrelationId, TorrentId TorrentId) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Continues after a suspension or an error. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">The torrent.</param>
public sealed record ResumeTorrent(long CorrelationId, TorrentId TorrentId) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Hashes all data on disk again. Answered by <see cref="TorrentChecked"/> when the check is complete, or by
/// <see cref="CommandFail"/>. An engine without <see cref="ClientCapabilities.BadPieces"/> answers with <see cref="CommandDone"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">The torrent.</param>
public sealed record RecheckTorrent(long CorrelationId, TorrentId TorrentId) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Adds peers and trackers to a running torrent. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">The torrent.</param>
/// <param name="Peers">Peers that the user gave.</param>
/// <param name="Trackers">Trackers to add, each in a separate tier.</param>
public sealed record AddSources(long CorrelationId, TorrentId TorrentId, IReadOnlyList<IPEndPoint> Peers, IReadOnlyList<Uri> Trackers)
    : TorrentCommand(CorrelationId, TorrentId)
{
    /// <summary>Peers that a magnet link names.</summary>
    public IReadOnlyList<IPEndPoint> FoundPeers { get; init; } = [];

    /// <summary>
    /// Trackers from another .torrent or link of the same torrent, each in a separate tier; excludes ones that were removed
    /// before.
    /// </summary>
    public IReadOnlyList<Uri> FoundTrackers { get; init; } = [];

    /// <summary>Web seeds that the user gave.</summary>
    public IReadOnlyList<Uri> WebSeeds { get; init; } = [];

    /// <summary>Web seeds from another .torrent or link of the same torrent; excludes ones that were removed before.</summary>
    public IReadOnlyList<Uri> FoundWebSeeds { get; init; } = [];

    /// <summary>
    /// DHT nodes from another .torrent or link of the same torrent; see <see cref="CreateNewTorrent.DhtNodes"/>.
    /// </summary>
    public IReadOnlyList<HostEndPoint> DhtNodes { get; init; } = [];
}

/// <summary>
/// Changes the options of a running torrent. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">The torrent.</param>
/// <param name="Options">The options to change.</param>
public sealed record SetTorrent(long CorrelationId, TorrentId TorrentId, TorrentOptions Options) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Changes which files are wanted. Data of files no longer wanted is kept. Answered by <see cref="CommandDone"/> or
/// <see cref="CommandFail"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">The torrent.</param>
/// <param name="Priorities">Priority of each file, in the metainfo's order.</param>
public sealed record SetFilePriorities(long CorrelationId, TorrentId TorrentId, IReadOnlyList<FilePriority> Priorities)
    : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Moves a torrent's files to another folder. If that fails the torrent continues at its old place. Answered by
/// <see cref="CommandDone"/> when the move is complete, or by <see cref="CommandFail"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">The torrent.</param>
/// <param name="Destination">Absolute path of the new folder; created if it is missing.</param>
public sealed record MoveTorrent(long CorrelationId, TorrentId TorrentId, string Destination) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Stops a torrent and deletes its saved state. Answered by <see cref="TorrentRemoved"/> or <see cref="CommandFail"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">The torrent.</param>
/// <param name="DeleteData">
/// Whether to delete the files that the torrent created, and the folders it created that are then empty. Nothing else is deleted,
/// and nothing through a link.
/// </param>
public sealed record RemoveTorrent(long CorrelationId, TorrentId TorrentId, bool DeleteData) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>Removes trackers from a torrent. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">The torrent.</param>
/// <param name="Trackers">The trackers; those that the torrent does not have are ignored.</param>
public sealed record RemoveTrackers(long CorrelationId, TorrentId TorrentId, IReadOnlyList<Uri> Trackers)
    : TorrentCommand(CorrelationId, TorrentId);

/// <summary>Removes web seeds from a torrent. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">The torrent.</param>
/// <param name="WebSeeds">The web seeds; those that the torrent does not have are ignored.</param>
public sealed record RemoveWebSeeds(long CorrelationId, TorrentId TorrentId, IReadOnlyList<Uri> WebSeeds)
    : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Announces to trackers as soon as they allow it. Answered at once by <see cref="CommandDone"/> or <see cref="CommandFail"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">The torrent.</param>
/// <param name="Trackers">The trackers; empty means all.</param>
public sealed record AnnounceNow(long CorrelationId, TorrentId TorrentId, IReadOnlyList<Uri> Trackers)
    : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Supplies the metadata of a torrent that was started from a link, so that it need not come from peers. A torrent that already
/// has it is unchanged. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="Metainfo">The torrent.</param>
public sealed record GiveMetadata(long CorrelationId, TorrentMetainfo Metainfo) : TorrentCommand(CorrelationId, Metainfo.TorrentId);
