using System.Collections.ObjectModel;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// What is written down of a torrent as long as only a link to it is known, and what is made from it: the status that people see, what
/// is saved, and what trackers are told. The swarm that owns it guards it.
/// </summary>
internal sealed class MetadataLedger(EngineResources engine, CreateNewTorrent command) : IStateRecord
{
    /// <summary>What trackers are told to be left: something, as nobody knows how much.</summary>
    private const long UnknownLeft = BlockRequest.BlockLength;

    /// <inheritdoc/>
    public TorrentState State { get; set; } = TorrentState.Stopped;

    /// <inheritdoc/>
    public TorrentError? Error { get; set; }

    /// <inheritdoc/>
    public bool IsResting => State != TorrentState.FetchingMetadata;

    /// <summary>What was wrong with the saved state.</summary>
    public TorrentError? StateWarning { get; set; }

    /// <summary>Why the state cannot be saved; null: it can.</summary>
    public TorrentError? SaveWarning { get; set; }

    /// <summary>What has been chosen for it.</summary>
    public TorrentChoices Choices { get; set; } = TorrentChoices.Of(command, saved: null);

    /// <summary>When it was first added, UTC.</summary>
    public DateTimeOffset AddedAt { get; set; } = WallTime.Now(engine.Time);

    /// <summary>Since when its metadata is being fetched; a suspension begins it anew.</summary>
    public Instant Since { get; set; } = Instant.Now(engine.Time);

    /// <summary>What is in it, once that is known.</summary>
    public TorrentMetainfo? Metainfo { get; set; }

    /// <summary>What it is called: by its metainfo, its link, or its hash.</summary>
    public string Name => Metainfo?.Name ?? command.Magnet!.Name ?? command.TorrentId.ToString();

    /// <summary>The start of the torrent that it becomes.</summary>
    public CreateNewTorrent ToStart() => command with
    {
        Metainfo = Metainfo,
        Suspended = false,
        Recheck = false,
        Peers = [],
        Trackers = Choices.AddedTrackers,
        Options = Choices.Options,
        Selection = Choices.Selection,
    };

    /// <summary>What trackers are told.</summary>
    public AnnounceRequest MakeAnnounce(AnnounceEvent announceEvent, AddressFamily family) => new()
    {
        InfoHash = command.TorrentId,
        PeerId = engine.PeerId,
        Port = engine.ListenPorts.ForTracker(family),
        Left = UnknownLeft,
        Event = announceEvent,
        Key = (uint)engine.PeerId.GetHashCode(),
    };

    /// <summary>What is saved.</summary>
    /// <param name="peers">The peers.</param>
    public ResumeData MakeResumeData(PeerSet peers) => new()
    {
        Verified = new Bitfield(0),
        Destination = command.Destination,
        Suspended = State == TorrentState.Suspended,
        FilePriorities = command.FilePriorities,
        Selection = Choices.Selection,
        Peers = peers.Directory.Proven(ResumeData.MostPeers),
        Trackers = Choices.AddedTrackers,
        RemovedTrackers = Choices.RemovedTrackers,
        Options = Choices.Options,
        AddedAt = AddedAt,
    };

    /// <inheritdoc/>
    public TorrentStatus Renew(TorrentStatus status) => status with { Timestamp = WallTime.Now(engine.Time) };

    /// <summary>What people see.</summary>
    /// <param name="trackers">The trackers as they are now.</param>
    /// <param name="progress">How far the fetching is.</param>
    /// <param name="peers">The peers.</param>
    public TorrentStatus MakeStatus(ReadOnlyCollection<TrackerSnapshot> trackers, MetadataProgress progress, PeerSet peers) => new()
    {
        Name = Name,
        InfoHash = command.TorrentId.ToString(),
        State = State,
        Destination = command.Destination,
        Path = Metainfo is null ? command.Destination : System.IO.Path.Combine(command.Destination, Metainfo.Name),
        TotalSize = Metainfo?.ContentSize ?? 0,
        PieceCount = Metainfo?.PieceCount ?? 0,
        IsPrivate = Metainfo?.IsPrivate ?? false,
        ConnectedPeers = peers.Connected.Count,
        KnownPeers = peers.Directory.Count,
        AddedAt = AddedAt,
        MaxDownloadRate = Choices.MaxDownloadRate,
        MaxUploadRate = Choices.MaxUploadRate,
        SeedRatio = Choices.Goal.Ratio,
        SeedTime = Choices.Goal.Time,
        Sequential = Choices.Sequential,
        SeedOnly = Choices.SeedOnly,
        Tags = Choices.Tags,
        Metadata = Metainfo is null ? progress with { Since = WallTime.At(Since, engine.Time) } : null,
        Timestamp = WallTime.Now(engine.Time),
        Error = Error,
        Warnings = SwarmErrors.Warnings(StateWarning, SaveWarning, trackers, isPrivate: false),
        Trackers = trackers,
    };
}
