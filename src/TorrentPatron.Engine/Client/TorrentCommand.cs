using System.Net;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Client;

/// <summary>Something an engine is told to do.</summary>
/// <param name="CorrelationId">Comes back in the one answer to this command; unique within an engine's life.</param>
/// <param name="TorrentId">Which torrent it is about.</param>
public abstract record TorrentCommand(long CorrelationId, TorrentId TorrentId);

/// <summary>Start a torrent: check what is on disk, fetch what is missing, seed what is there.</summary>
/// <remarks>Answered by <see cref="NewTorrentCreated"/>, <see cref="TorrentAlreadyDownloading"/> or <see cref="TorrentStartFail"/>.</remarks>
public sealed record CreateNewTorrent : TorrentCommand
{
    /// <summary>Starts a torrent.</summary>
    /// <param name="correlationId">See <see cref="TorrentCommand"/>.</param>
    /// <param name="metainfo">What to fetch.</param>
    /// <param name="destination">See <see cref="Destination"/>.</param>
    public CreateNewTorrent(long correlationId, TorrentMetainfo metainfo, string destination)
        : base(correlationId, (metainfo ?? throw new ArgumentNullException(nameof(metainfo))).TorrentId) =>
        (Metainfo, Destination) = (metainfo, destination);

    /// <summary>
    /// Starts a torrent of which only a link is known: its metadata is fetched from peers first (BEP 9), and when that is here
    /// <see cref="MetadataReceived"/> is said. For an engine with <see cref="ClientCapabilities.Magnets"/>.
    /// </summary>
    /// <param name="correlationId">See <see cref="TorrentCommand"/>.</param>
    /// <param name="magnet">The link.</param>
    /// <param name="destination">See <see cref="Destination"/>.</param>
    public CreateNewTorrent(long correlationId, MagnetLink magnet, string destination)
        : base(correlationId, (magnet ?? throw new ArgumentNullException(nameof(magnet))).TorrentId) =>
        (Magnet, Destination) = (magnet, destination);

    /// <summary>What to fetch; null where only <see cref="Magnet"/> is known.</summary>
    public TorrentMetainfo? Metainfo { get; init; }

    /// <summary>The link by which it was started; null where it was not.</summary>
    public MagnetLink? Magnet { get; init; }

    /// <summary>Absolute path of the folder below which the torrent's files lie; made where it is missing.</summary>
    public string Destination { get; init; }

    /// <summary>
    /// Whether <see cref="Destination"/> was not given now but is what was saved: then it must lead where it led, or somebody has put a link in
    /// its way.
    /// </summary>
    public bool IsDestinationSaved { get; init; }

    /// <summary>
    /// Whether a torrent started by a link is suspended when its metadata is here; <see cref="ResumeTorrent"/> takes that back, also
    /// before.
    /// </summary>
    public bool MetadataOnly { get; init; }

    /// <summary>
    /// How long the metadata may take; then the torrent stops by itself with <see cref="TorrentErrorId.MetadataTimeout"/>. Null: as
    /// long as it takes.
    /// </summary>
    public TimeSpan? MetadataTimeout { get; init; }

    /// <summary>Where resume data is kept; the engine closes it with the torrent, or when the start fails.</summary>
    public required IResumeStore ResumeStore { get; init; }

    /// <summary>Peers given by hand.</summary>
    public IReadOnlyList<IPEndPoint> Peers { get; init; } = [];

    /// <summary>Peers that a magnet link names: whoever gives it by hand need not have looked at them.</summary>
    public IReadOnlyList<IPEndPoint> FoundPeers { get; init; } = [];

    /// <summary>Trackers given by hand besides those in the metainfo, each a tier of its own; also those that were taken away before.</summary>
    public IReadOnlyList<Uri> Trackers { get; init; } = [];

    /// <summary>
    /// Trackers that another .torrent or link of the same torrent names, each a tier of its own, but for those that were taken away
    /// before.
    /// </summary>
    /// <remarks>A private torrent that is known from before keeps its own trackers: of neither list is one added.</remarks>
    public IReadOnlyList<Uri> FoundTrackers { get; init; } = [];

    /// <summary>Web seeds (BEP 19) given by hand besides those in the metainfo; also those that were taken away before.</summary>
    public IReadOnlyList<Uri> WebSeeds { get; init; } = [];

    /// <summary>Web seeds that another .torrent or link of the same torrent names, but for those that were taken away before.</summary>
    public IReadOnlyList<Uri> FoundWebSeeds { get; init; } = [];

    /// <summary>
    /// DHT nodes to begin with, as the .torrent or link names them. Only those that its source may name: one on the internet must not
    /// name an address of this machine's own network. Names that lead there are passed over.
    /// </summary>
    public IReadOnlyList<HostEndPoint> DhtNodes { get; init; } = [];

    /// <summary>Priority of each file, in the metainfo's order; empty: by <see cref="Selection"/>.</summary>
    public IReadOnlyList<FilePriority> FilePriorities { get; init; } = [];

    /// <summary>Which files are wanted, where there are no <see cref="FilePriorities"/>; null: those that were saved, else all.</summary>
    public FileSelection? Selection { get; init; }

    /// <summary>
    /// Where else its data is looked for before it is fetched; null: in what was saved of it, and for a torrent that is new here, in other torrents of
    /// the engine.
    /// </summary>
    public DataReuse? Reuse { get; init; }

    /// <summary>Whether to add the torrent without letting it run.</summary>
    public bool Suspended { get; init; }

    /// <summary>Whether to hash everything on disk, whatever the resume data says.</summary>
    public bool Recheck { get; init; }

    /// <summary>How to treat the torrent, where not as it was saved.</summary>
    public TorrentOptions Options { get; init; } = TorrentOptions.Unchanged;
}

/// <summary>Stop a torrent and let go of its files. Answered by <see cref="TorrentClosed"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
public sealed record CloseTorrent(long CorrelationId, TorrentId TorrentId) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>Leave the swarm but stay known. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
public sealed record SuspendTorrent(long CorrelationId, TorrentId TorrentId) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>Go on after a suspension or an error. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
public sealed record ResumeTorrent(long CorrelationId, TorrentId TorrentId) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Hash everything on disk again. Answered by <see cref="TorrentChecked"/>, when the check is over, or by <see cref="CommandFail"/>; an
/// engine without <see cref="ClientCapabilities.BadPieces"/> answers with <see cref="CommandDone"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
public sealed record RecheckTorrent(long CorrelationId, TorrentId TorrentId) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>Give a running torrent more peers and trackers. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
/// <param name="Peers">Peers to add, given by hand.</param>
/// <param name="Trackers">Trackers to add, each as a tier of its own.</param>
public sealed record AddSources(long CorrelationId, TorrentId TorrentId, IReadOnlyList<IPEndPoint> Peers, IReadOnlyList<Uri> Trackers)
    : TorrentCommand(CorrelationId, TorrentId)
{
    /// <summary>Peers that a magnet link names.</summary>
    public IReadOnlyList<IPEndPoint> FoundPeers { get; init; } = [];

    /// <summary>
    /// Trackers that another .torrent or link of the same torrent names, each a tier of its own, but for those that were taken away
    /// before.
    /// </summary>
    public IReadOnlyList<Uri> FoundTrackers { get; init; } = [];

    /// <summary>Web seeds to add, given by hand.</summary>
    public IReadOnlyList<Uri> WebSeeds { get; init; } = [];

    /// <summary>Web seeds that another .torrent or link of the same torrent names, but for those that were taken away before.</summary>
    public IReadOnlyList<Uri> FoundWebSeeds { get; init; } = [];

    /// <summary>DHT nodes that another .torrent or link of the same torrent names; see <see cref="CreateNewTorrent.DhtNodes"/>.</summary>
    public IReadOnlyList<HostEndPoint> DhtNodes { get; init; } = [];
}

/// <summary>Change a running torrent. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
/// <param name="Options">What is to be other.</param>
public sealed record SetTorrent(long CorrelationId, TorrentId TorrentId, TorrentOptions Options) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Want other files than before, from now on. What is here of files no longer wanted stays. Answered by <see cref="CommandDone"/>
/// or <see cref="CommandFail"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
/// <param name="Priorities">Priority of each file, in the metainfo's order.</param>
public sealed record SetFilePriorities(long CorrelationId, TorrentId TorrentId, IReadOnlyList<FilePriority> Priorities)
    : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Take a torrent's files to another folder and go on there. Where that fails the torrent goes on where it was. Answered by
/// <see cref="CommandDone"/>, when all is there, or <see cref="CommandFail"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
/// <param name="Destination">Absolute path of the folder below which the files are to lie; made where it is missing.</param>
public sealed record MoveTorrent(long CorrelationId, TorrentId TorrentId, string Destination) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Stop a torrent and forget it: its saved state is deleted. Answered by <see cref="TorrentRemoved"/> or
/// <see cref="CommandFail"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
/// <param name="DeleteData">
/// Whether its files are deleted too: those that the torrent made, and the folders that it made and that are empty then; nothing
/// else, and nothing through a link.
/// </param>
public sealed record RemoveTorrent(long CorrelationId, TorrentId TorrentId, bool DeleteData) : TorrentCommand(CorrelationId, TorrentId);

/// <summary>Take trackers away from a torrent. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
/// <param name="Trackers">Which trackers; those that it does not have do not matter.</param>
public sealed record RemoveTrackers(long CorrelationId, TorrentId TorrentId, IReadOnlyList<Uri> Trackers)
    : TorrentCommand(CorrelationId, TorrentId);

/// <summary>Take web seeds away from a torrent. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
/// <param name="WebSeeds">Which web seeds; those that it does not have do not matter.</param>
public sealed record RemoveWebSeeds(long CorrelationId, TorrentId TorrentId, IReadOnlyList<Uri> WebSeeds)
    : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Ask trackers for peers as soon as they allow it. Answered, without waiting for them, by <see cref="CommandDone"/> or
/// <see cref="CommandFail"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="TorrentId">Which torrent.</param>
/// <param name="Trackers">Which trackers; empty: all.</param>
public sealed record AnnounceNow(long CorrelationId, TorrentId TorrentId, IReadOnlyList<Uri> Trackers)
    : TorrentCommand(CorrelationId, TorrentId);

/// <summary>
/// Give a torrent that was started by a link its metadata, which then need not come from peers; one that has it goes on as it is.
/// Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.
/// </summary>
/// <param name="CorrelationId">See <see cref="TorrentCommand"/>.</param>
/// <param name="Metainfo">The torrent.</param>
public sealed record GiveMetadata(long CorrelationId, TorrentMetainfo Metainfo) : TorrentCommand(CorrelationId, Metainfo.TorrentId);
