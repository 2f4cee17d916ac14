using System.Collections.ObjectModel;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// The record of a torrent: its state, totals and times; and what is derived from it: the status, the resume data, and announces.
/// Guarded by the host that owns it.
/// </summary>
/// <param name="engine">The clock, and our identity for announces.</param>
/// <param name="command">The start command.</param>
/// <param name="directory">The known peer addresses.</param>
/// <param name="owner">The torrent, which follows its turns in the queue; null if nobody does.</param>
internal sealed class TorrentLedger(EngineResources engine, CreateNewTorrent command, PeerDirectory directory, IQueuedTorrent? owner = null)
{
    /// <summary>A torrent that receives nothing for this long is stalled.</summary>
    private static readonly TimeSpan StallTime = TimeSpan.FromMinutes(1);

    private int _checked;
    private int _toCheck;
    private long _reused;
    private bool _isAtRest;
    private TimeSpan _seededBefore;
    private Instant _seedingSince;
    private Instant? _lastProgress;
    private long _receivedAtProgress;
    private Instant _lastFlow;
    private long _flowed;
    private readonly string _infoHash = command.TorrentId.ToString();
    private TorrentStorage? _storage;

    /// <summary>The torrent's state.</summary>
    public TorrentState State
    {
        get;
        set
        {
            if (field == TorrentState.Seeding)
                _seededBefore = SeedingTime;
            if (value == TorrentState.Seeding)
                _seedingSince = Instant.Now(engine.Time);
            _lastFlow = Instant.Now(engine.Time);
            // A torrent that is suspended when it is stopped is suspended when it is started again.
            _isAtRest = value == TorrentState.Suspended || (_isAtRest && value is TorrentState.Stopped or TorrentState.Moving);
            field = value;
            // It may be complete without having joined its swarm, after a check or a change of selection.
            if (value is TorrentState.Suspended or TorrentState.Queued)
                NoteCompletion();
        }
    } = TorrentState.Stopped;

    /// <summary>The metainfo; null until it is known. A version 2 torrent also needs its piece layers.</summary>
    public TorrentMetainfo? Metainfo { get; set; }

    /// <summary>The work that moves its data or fetches its metadata; the host sets it first.</summary>
    public IWork Work { get; set; } = null!;

    /// <summary>The name from its metainfo or link, or else its hash.</summary>
    public string Name => (Metainfo ?? command.Metainfo)?.Name ?? command.Magnet?.Name ?? _infoHash;

    /// <summary>The trackers in its metainfo, or in its link while only that is known.</summary>
    public IReadOnlyList<Uri> OwnTrackers => [.. TorrentChoices.OwnTrackers(command with { Metainfo = Metainfo ?? command.Metainfo })];

    /// <summary>The web seeds in its metainfo, or in its link while only that is known.</summary>
    public IReadOnlyList<Uri> OwnWebSeeds => [.. TorrentChoices.OwnWebSeeds(command with { Metainfo = Metainfo ?? command.Metainfo })];

    /// <summary>Its place in the queue.</summary>
    public QueuePlace Place { get; } = new(owner);

    /// <summary>The user's choices.</summary>
    public TorrentChoices Choices { get; set; } = TorrentChoices.Of(command, saved: null);

    /// <summary>The origin of the files on disk; null if the release that added the torrent did not record it.</summary>
    public DataOrigin? Origin
    {
        get => _storage is null ? field : field?.WithWritten(_storage.WrittenFiles());
        set;
    }

    /// <summary>How it became complete in this run; null if it is not.</summary>
    public CompletionReason? Completion { get; set; }

    /// <summary>Whether its goal was reached and reported; it seeds on if it is resumed.</summary>
    public bool IsGoalReached { get; set; }

    /// <summary>Time spent seeding, over all runs.</summary>
    public TimeSpan SeedingTime =>
        State == TorrentState.Seeding ? _seededBefore + (Instant.Now(engine.Time) - _seedingSince) : _seededBefore;

    /// <summary>Bytes moved and time spent seeding, over all runs.</summary>
    public TransferTotals Totals => new(ReceivedBefore + Work.Received.Total, SentBefore + Work.Sent.Total, SeedingTime);

    /// <summary>The error that stopped it.</summary>
    public TorrentError? Error { get; set; }

    /// <summary>The problem with the saved state.</summary>
    public TorrentError? StateWarning { get; private set; }

    /// <summary>What the last move left undone, although the files are at the new place.</summary>
    public TorrentError? MoveWarning { get; set; }

    /// <summary>When fetching its metadata began; a suspension restarts it.</summary>
    public Instant FetchingSince { get; set; } = Instant.Now(engine.Time);

    /// <summary>When it was first added, UTC.</summary>
    public DateTimeOffset AddedAt { get; private set; } = WallTime.Now(engine.Time);

    /// <summary>When it became complete, UTC.</summary>
    public DateTimeOffset? CompletedAt { get; set; }

    /// <summary>The remaining pieces of an unfinished check; null if there is none.</summary>
    public Bitfield? Unchecked { get; set; }

    /// <summary>Where else its data is still to be looked for; null means nowhere.</summary>
    public DataReuse? Reuse { get; set; }

    /// <summary>Bytes of pieces reused from elsewhere on this machine, in this run.</summary>
    public long BytesReused => Volatile.Read(ref _reused);

    /// <summary>The destination of the move in progress; null if there is none.</summary>
    public string? MovingTo { get; set; }

    /// <summary>The destination at the torrent's start, and the same path with all links resolved; null if unknown.</summary>
    public (string Destination, string Real)? RealDestination { get; set; }

    /// <summary>The progress of the move, 0 to 1.</summary>
    public double MovedShare { get; set; }

    /// <summary>The state before the move.</summary>
    public TorrentState StateBeforeMove { get; private set; }

    /// <summary>Whether the torrent is closing in good order.</summary>
    public bool ClosedInOrder { get; set; }

    /// <summary>
    /// Whether it is idle until it gets a peer or a command: it seeds with no peer connected or known and nothing flowing, or it
    /// is in no swarm at all.
    /// </summary>
    public bool IsResting => State switch
    {
        TorrentState.Checking or TorrentState.Downloading or TorrentState.Moving or TorrentState.FetchingMetadata => false,
        TorrentState.Seeding => Work.IsResting && !HasReachedGoal() && (IsGoalReached || Choices.Goal.Time is null),
        _ => true,
    };

    /// <summary>Whether it moves pieces.</summary>
    public bool IsActive => State is TorrentState.Downloading or TorrentState.Seeding;

    /// <summary>Whether it is in its swarm, for pieces or metadata.</summary>
    public bool IsInSwarm => IsActive || State == TorrentState.FetchingMetadata;

    private int RecheckedPieces { get; set; }

    private long ReceivedBefore { get; set; }

    private long SentBefore { get; set; }

    /// <summary>Takes the metadata.</summary>
    /// <param name="metainfo">The metainfo.</param>
    /// <param name="storage">Its files.</param>
    /// <param name="work">The work that moves its data.</param>
    public void Know(TorrentMetainfo metainfo, TorrentStorage storage, IWork work) => (Metainfo, _storage, Work) = (metainfo, storage, work);

    /// <summary>Continues from the state that an earlier run saved.</summary>
    /// <param name="data">The saved data; null if there is none.</param>
    /// <param name="warning">The problem with the saved data; null if there is none, or it was reported before.</param>
    public void Begin(ResumeData? data, TorrentError? warning)
    {
        StateWarning = warning ?? StateWarning;
        if (data is null)
            return;
        (AddedAt, CompletedAt) = (data.AddedAt, data.CompletedAt);
        (ReceivedBefore, SentBefore) = (data.BytesReceived, data.BytesSent);
        _seededBefore = data.SeedingTime;
        // A new goal counts from the beginning.
        IsGoalReached = data.GoalReached && command.Options.Goal is null;
    }

    /// <summary>Records whether a torrent outside its swarm is complete; says nothing while a check is unfinished.</summary>
    public void NoteCompletion()
    {
        if (Unchecked is null)
            CompletedAt = Work.IsComplete ? CompletedAt ?? WallTime.Now(engine.Time) : null;
    }

    /// <summary>Called when it begins to download.</summary>
    public void BeginDownload() => (CompletedAt, Completion, _lastProgress) = (null, null, Instant.Now(engine.Time));

    /// <summary>Records whether payload has arrived; called about once a second.</summary>
    public void NoteProgress()
    {
        long received = Work.Received.Total;
        if (received != _receivedAtProgress)
            (_receivedAtProgress, _lastProgress) = (received, Instant.Now(engine.Time));
    }

    /// <summary>Records whether data flows: received data, or sent data if it seeds. Called about once a second in the swarm.</summary>
    /// <returns>
    /// Whether none has flowed for <see cref="TorrentQueue.IdleTime"/>. False while the network is down, or every torrent would
    /// count as idle and the next ones would start.
    /// </returns>
    public bool NoteFlow()
    {
        long flowed = State == TorrentState.Seeding ? Work.Sent.Total : Work.Received.Total;
        var now = Instant.Now(engine.Time);
        if (flowed != _flowed || engine.NetworkDown is not null)
            (_flowed, _lastFlow) = (flowed, now);
        return now - _lastFlow >= TorrentQueue.IdleTime;
    }

    /// <summary>Whether it has reached its goal and has not reported that yet.</summary>
    public bool HasReachedGoal() => (State == TorrentState.Seeding || (State == TorrentState.Queued && Work.IsComplete)) && !IsGoalReached
        && (SeedingTime >= Choices.Goal.Time || Ratio(Work.Progress.CompletedBytes) >= Choices.Goal.Ratio);

    /// <summary>Records the start of a move.</summary>
    /// <param name="before">The state before.</param>
    /// <param name="destination">The new destination.</param>
    public void BeginMove(TorrentState before, string destination) => (StateBeforeMove, MovingTo, MovedShare) = (before, destination, 0);

    /// <summary>Records the start of a check.</summary>
    public void BeginCheck(Bitfield toCheck) => (Unchecked, _toCheck, _checked) = (toCheck, toCheck.Count, 0);

    /// <summary>Records a checked piece; called by several threads.</summary>
    public void PieceChecked() => Interlocked.Increment(ref _checked);

    /// <summary>Records the end of the check.</summary>
    public void EndCheck()
    {
        RecheckedPieces += Unchecked?.Count ?? 0;
        Unchecked = null;
    }

    /// <summary>Records a piece examined for reuse; called by several threads.</summary>
    /// <param name="bytes">Bytes that are good; 0 means none.</param>
    public void PieceReused(int bytes)
    {
        Interlocked.Add(ref _reused, bytes);
        PieceChecked();
    }

    /// <summary>Records the end of the reuse.</summary>
    public void EndReuse() => (Unchecked, Reuse) = (null, null);

    /// <summary>Builds an announce.</summary>
    public AnnounceRequest MakeAnnounce(AnnounceEvent announceEvent, AddressFamily family)
    {
        long left = Work.MissingBytes;
        return new AnnounceRequest
        {
            InfoHash = command.TorrentId.WireHash,
            PeerId = engine.PeerId,
            Port = engine.PortForTracker(family),
            Uploaded = Work.Sent.Total,
            // Unrequested or wrong data does not count; otherwise any peer could inflate what a tracker counts for us.
            Downloaded = Work.Useful,
            Left = left,
            IsPartialSeed = left > 0 && State == TorrentState.Seeding,
            Event = announceEvent,
            Key = (uint)engine.PeerId.GetHashCode(),
            Address = engine.Settings.AnnounceAddress is { } own && (family == AddressFamily.Unspecified || family == own.AddressFamily) ? own : null,
            SupportsEncryption = engine.Settings.Encryption != EncryptionPolicy.Off,
            RequiresEncryption = engine.Settings.Encryption == EncryptionPolicy.Require,
        };
    }

    /// <summary>Builds the resume data.</summary>
    /// <param name="stamps">The stamps of the closed files; empty if the torrent goes on.</param>
    public ResumeData MakeResumeData(IReadOnlyList<FileStamp?> stamps)
    {
        TorrentChoices choices = Choices;
        TransferTotals totals = Totals;
        Bitfield verified = Work.Verified();
        // Unchecked pieces may be good: they are saved as doubtful, or a restart would download them again.
        Bitfield? doubtful = Unchecked;
        for (int piece = 0; piece < doubtful?.Length; piece++)
        {
            if (doubtful[piece])
                verified.Set(piece);
        }

        return new ResumeData
        {
            Verified = verified,
            Doubtful = doubtful,
            Unfinished = Work.Unfinished(),
            Destination = Destination,
            RealDestination = RealDestination is { } known && known.Destination == Destination ? known.Real : null,
            Files = stamps,
            ClosedInOrder = ClosedInOrder,
            Suspended = _isAtRest,
            FilePriorities = choices.FilePriorities,
            Selection = choices.Selection,
            Peers = Metainfo is { IsPrivate: true } ? [] : directory.Proven(ResumeData.MostPeers),
            Trackers = choices.AddedTrackers,
            RemovedTrackers = choices.RemovedTrackers,
            WebSeeds = choices.AddedWebSeeds,
            RemovedWebSeeds = choices.RemovedWebSeeds,
            Reuse = Reuse,
            Options = choices.Options,
            Origin = Origin,
            Apart = _storage?.Apart,
            MovingTo = MovingTo,
            SeedingTime = totals.Seeding,
            GoalReached = IsGoalReached,
            QueueKey = Place.Key,
            BytesReceived = totals.Received,
            BytesSent = totals.Sent,
            AddedAt = AddedAt,
            CompletedAt = CompletedAt,
        };
    }

    /// <summary>Updates the times and the position in a status in which nothing else has changed.</summary>
    public TorrentStatus Renew(TorrentStatus status) =>
        status with { Timestamp = WallTime.Now(engine.Time), SeedingTime = SeedingTime, QueuePosition = engine.Queue.PositionOf(Place) };

    /// <summary>Updates the position in a status, which other torrents change.</summary>
    public TorrentStatus WithPosition(TorrentStatus status)
    {
        int? position = engine.Queue.PositionOf(Place);
        return status.QueuePosition == position ? status : status with { QueuePosition = position };
    }

    /// <summary>Builds the status.</summary>
    /// <param name="trackers">The trackers' current state.</param>
    /// <param name="saving">Why the state cannot be saved; null if it can.</param>
    public TorrentStatus MakeStatus(ReadOnlyCollection<TrackerSnapshot> trackers, TorrentError? saving)
    {
        long now = engine.Milliseconds;
        PieceProgress progress = Work.Progress;
        TorrentChoices choices = Choices;
        TransferTotals totals = Totals;
        (int peers, int seeds) = Work.Connected;
        long rate = State == TorrentState.Downloading ? Work.Received.Rate(now) : 0;
        // Completion is published with the change of state, after the files' attributes have been set.
        bool isComplete = _storage is not null && progress.IsComplete && CompletedAt is not null && State is not (TorrentState.Checking or TorrentState.Downloading);
        double share = State switch
        {
            _ when _storage is null => 0,
            TorrentState.Checking => (double)Volatile.Read(ref _checked) / Math.Max(1, _toCheck),
            TorrentState.Moving => MovedShare,
            _ => progress.Share,
        };
        return new TorrentStatus
        {
            Name = Name,
            InfoHash = _infoHash,
            OtherInfoHash = command.TorrentId.OtherHash(Metainfo?.TorrentId ?? command.TorrentId)?.ToString(),
            State = State,
            Destination = Destination,
            Path = _storage?.Layout.RootPath ?? (Metainfo is null ? Destination : Path.Combine(Destination, Metainfo.Name)),
            PercentComplete = 100 * Math.Clamp(share, 0, 1),
            IsComplete = isComplete,
            TotalSize = Metainfo?.ContentSize ?? 0,
            WantedSize = progress.WantedBytes,
            CompletedSize = progress.CompletedBytes,
            BytesReceived = totals.Received,
            BytesSent = totals.Sent,
            BytesWasted = Work.Wasted,
            BytesReused = BytesReused,
            DownloadRate = rate,
            UploadRate = IsActive ? Work.Sent.Rate(now) : 0,
            EstimatedTimeLeft = rate > 0
                ? TimeSpan.FromSeconds(Math.Min(progress.LeftBytes / rate, int.MaxValue))
                : null,
            Ratio = Ratio(progress.CompletedBytes),
            ConnectedPeers = peers,
            ConnectedSeeds = seeds,
            KnownPeers = directory.Count,
            PieceCount = Metainfo?.PieceCount ?? 0,
            VerifiedPieces = progress.VerifiedPieces,
            RecheckedPieces = RecheckedPieces,
            FailedPieces = Work.FailedPieces,
            AddedAt = AddedAt,
            CompletedAt = isComplete ? CompletedAt : null,
            Completion = isComplete ? Completion : null,
            LastProgressAt = _lastProgress is { } since ? WallTime.At(since, engine.Time) : null,
            IsStalled = State == TorrentState.Downloading && Instant.Now(engine.Time) - _lastProgress > StallTime,
            MaxDownloadRate = choices.MaxDownloadRate,
            MaxUploadRate = choices.MaxUploadRate,
            SeedRatio = choices.Goal.Ratio,
            SeedTime = choices.Goal.Time,
            SeedingTime = totals.Seeding,
            Sequential = choices.Sequential,
            SuperSeeding = choices.SuperSeeding,
            SeedOnly = choices.SeedOnly,
            IsPrivate = Metainfo?.IsPrivate ?? false,
            QueuePosition = engine.Queue.PositionOf(Place),
            QueueKey = Place.Key,
            Tags = choices.Tags,
            Metadata = Metainfo is null && Work.Metadata is { } fetched ? fetched with { Since = WallTime.At(FetchingSince, engine.Time) } : null,
            Timestamp = WallTime.Now(engine.Time),
            Error = Error,
            Warnings = [.. IsInSwarm && engine.NetworkDown is { } down ? [down] : (TorrentError[])[], .. Work.Shortcomings, .. MoveWarning is { } moved ? [moved] : (TorrentError[])[],
                .. _storage?.HeldWarning is { } held ? [held] : (TorrentError[])[],
                .. _storage?.AttributeWarning is { } lacking ? [lacking] : (TorrentError[])[], .. HostErrors.Warnings(StateWarning, saving, trackers, Metainfo?.IsPrivate ?? false)],
            Trackers = trackers,
            WebSeeds = [.. Work.WebSeeds],
            SwarmSeeds = trackers.Max(tracker => tracker.Seeders),
            SwarmLeechers = trackers.Max(tracker => tracker.Leechers),
        };
    }

    private string Destination => _storage?.Layout.Destination ?? command.Destination;

    private double Ratio(long completed) => completed == 0 ? 0 : (double)Totals.Sent / completed;
}
