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
/// What is written down of a torrent: its state, totals and times; and what is made from it: the status that people see, the
/// resume data, and what trackers are told. The host that owns it guards it.
/// </summary>
/// <param name="engine">The clock, and what trackers are told of us.</param>
/// <param name="command">The start.</param>
/// <param name="directory">The addresses of peers that are known.</param>
internal sealed class TorrentLedger(EngineResources engine, CreateNewTorrent command, PeerDirectory directory)
{
    /// <summary>Nothing has come in for so long: it is stalled.</summary>
    private static readonly TimeSpan StallTime = TimeSpan.FromMinutes(1);

    private int _checked;
    private int _toCheck;
    private long _reused;
    private bool _isAtRest;
    private TimeSpan _seededBefore;
    private Instant _seedingSince;
    private Instant? _lastProgress;
    private long _receivedAtProgress;
    private readonly string _infoHash = command.TorrentId.ToString();
    private TorrentStorage? _storage;

    /// <summary>What the torrent is doing.</summary>
    public TorrentState State
    {
        get;
        set
        {
            if (field == TorrentState.Seeding)
                _seededBefore = SeedingTime;
            if (value == TorrentState.Seeding)
                _seedingSince = Instant.Now(engine.Time);
            // One that rests when it is stopped rests when it is started again.
            _isAtRest = value == TorrentState.Suspended || (_isAtRest && value is TorrentState.Stopped or TorrentState.Moving);
            field = value;
            // It may be complete without having joined its swarm: so it was found, or it was chosen so.
            if (value == TorrentState.Suspended)
                NoteCompletion();
        }
    } = TorrentState.Stopped;

    /// <summary>The metainfo; null until it is known. A torrent of version 2 also needs its piece layers.</summary>
    public TorrentMetainfo? Metainfo { get; set; }

    /// <summary>What moves its bytes, or fetches its metadata; the host sets it before all else.</summary>
    public IWork Work { get; set; } = null!;

    /// <summary>What it is called: by its metainfo, its link, or its hash.</summary>
    public string Name => (Metainfo ?? command.Metainfo)?.Name ?? command.Magnet?.Name ?? _infoHash;

    /// <summary>The trackers of its metainfo, or of its link where that is all that is known.</summary>
    public IReadOnlyList<Uri> OwnTrackers => [.. TorrentChoices.OwnTrackers(command with { Metainfo = Metainfo ?? command.Metainfo })];

    /// <summary>The web seeds of its metainfo, or of its link where that is all that is known.</summary>
    public IReadOnlyList<Uri> OwnWebSeeds => [.. TorrentChoices.OwnWebSeeds(command with { Metainfo = Metainfo ?? command.Metainfo })];

    /// <summary>What has been chosen for it.</summary>
    public TorrentChoices Choices { get; set; } = TorrentChoices.Of(command, saved: null);

    /// <summary>Where the files on disk are from; null: that was not noted by the release that began the torrent.</summary>
    public DataOrigin? Origin
    {
        get => _storage is null ? field : field?.WithWritten(_storage.WrittenFiles());
        set;
    }

    /// <summary>How it came to be complete in this run; null where it is not.</summary>
    public CompletionReason? Completion { get; set; }

    /// <summary>Whether its goal was reached and told; it seeds on where it is let run.</summary>
    public bool IsGoalReached { get; set; }

    /// <summary>Time spent seeding, over all runs.</summary>
    public TimeSpan SeedingTime =>
        State == TorrentState.Seeding ? _seededBefore + (Instant.Now(engine.Time) - _seedingSince) : _seededBefore;

    /// <summary>What it has moved, and for how long it has seeded, over all runs.</summary>
    public TransferTotals Totals => new(ReceivedBefore + Work.Received.Total, SentBefore + Work.Sent.Total, SeedingTime);

    /// <summary>Why it stopped by itself.</summary>
    public TorrentError? Error { get; set; }

    /// <summary>What was wrong with the saved state.</summary>
    public TorrentError? StateWarning { get; private set; }

    /// <summary>What the last move has left undone, though the files are where they were to go.</summary>
    public TorrentError? MoveWarning { get; set; }

    /// <summary>Since when its metadata is being fetched; a suspension begins it anew.</summary>
    public Instant FetchingSince { get; set; } = Instant.Now(engine.Time);

    /// <summary>When it was first added, UTC.</summary>
    public DateTimeOffset AddedAt { get; private set; } = WallTime.Now(engine.Time);

    /// <summary>When it became complete, UTC.</summary>
    public DateTimeOffset? CompletedAt { get; set; }

    /// <summary>The pieces of a check that is not over; null: there is none.</summary>
    public Bitfield? Unchecked { get; set; }

    /// <summary>Where else its data is still to be looked for before it is fetched; null: nowhere.</summary>
    public DataReuse? Reuse { get; set; }

    /// <summary>Bytes of pieces that were taken over from elsewhere on this machine, in this run.</summary>
    public long BytesReused => Volatile.Read(ref _reused);

    /// <summary>The folder to which its files are on their way; null: none.</summary>
    public string? MovingTo { get; set; }

    /// <summary>Where the destination led, with every link followed, when the torrent was started, and which that was; null: not known.</summary>
    public (string Destination, string Real)? RealDestination { get; set; }

    /// <summary>How much of them is there, 0 to 1.</summary>
    public double MovedShare { get; set; }

    /// <summary>What it was doing before its files were moved.</summary>
    public TorrentState StateBeforeMove { get; private set; }

    /// <summary>Whether the torrent is being closed in order.</summary>
    public bool ClosedInOrder { get; set; }

    /// <summary>
    /// Whether nothing happens in it, nor will before it is told of a peer or a command: it seeds, nobody is there or known, and nothing
    /// flows; or it is in no swarm at all. Only time passes for it.
    /// </summary>
    public bool IsResting => State switch
    {
        TorrentState.Checking or TorrentState.Downloading or TorrentState.Moving or TorrentState.FetchingMetadata => false,
        TorrentState.Seeding => Work.IsResting && !HasReachedGoal() && (IsGoalReached || Choices.Goal.Time is null),
        _ => true,
    };

    /// <summary>Whether it moves pieces.</summary>
    public bool IsActive => State is TorrentState.Downloading or TorrentState.Seeding;

    /// <summary>Whether it is in its swarm: for pieces, or for its metadata.</summary>
    public bool IsInSwarm => IsActive || State == TorrentState.FetchingMetadata;

    private int RecheckedPieces { get; set; }

    private long ReceivedBefore { get; set; }

    private long SentBefore { get; set; }

    /// <summary>The metadata is here.</summary>
    /// <param name="metainfo">What is in it.</param>
    /// <param name="storage">Its files.</param>
    /// <param name="work">What moves its bytes.</param>
    public void Know(TorrentMetainfo metainfo, TorrentStorage storage, IWork work) => (Metainfo, _storage, Work) = (metainfo, storage, work);

    /// <summary>Goes on with what an earlier run has saved.</summary>
    /// <param name="data">What was saved; null: nothing.</param>
    /// <param name="warning">What was wrong with what was saved; null: nothing, or that was said before.</param>
    public void Begin(ResumeData? data, TorrentError? warning)
    {
        StateWarning = warning ?? StateWarning;
        if (data is null)
            return;
        (AddedAt, CompletedAt) = (data.AddedAt, data.CompletedAt);
        (ReceivedBefore, SentBefore) = (data.BytesReceived, data.BytesSent);
        _seededBefore = data.SeedingTime;
        // A goal given anew counts anew.
        IsGoalReached = data.GoalReached && command.Options.Goal is null;
    }

    /// <summary>Notes that a torrent out of its swarm is complete, or is not; what a check has still to say is not foretold.</summary>
    public void NoteCompletion()
    {
        if (Unchecked is null)
            CompletedAt = Work.IsComplete ? CompletedAt ?? WallTime.Now(engine.Time) : null;
    }

    /// <summary>It begins to download.</summary>
    public void BeginDownload() => (CompletedAt, Completion, _lastProgress) = (null, null, Instant.Now(engine.Time));

    /// <summary>Notes whether payload has come in; called about once a second.</summary>
    public void NoteProgress()
    {
        long received = Work.Received.Total;
        if (received != _receivedAtProgress)
            (_receivedAtProgress, _lastProgress) = (received, Instant.Now(engine.Time));
    }

    /// <summary>Whether it has seeded enough, and has not said so yet.</summary>
    public bool HasReachedGoal() => State == TorrentState.Seeding && !IsGoalReached
        && (SeedingTime >= Choices.Goal.Time || Ratio(Work.Progress.CompletedBytes) >= Choices.Goal.Ratio);

    /// <summary>A move begins.</summary>
    /// <param name="before">What the torrent was doing.</param>
    /// <param name="destination">Where its files go.</param>
    public void BeginMove(TorrentState before, string destination) => (StateBeforeMove, MovingTo, MovedShare) = (before, destination, 0);

    /// <summary>A check begins.</summary>
    public void BeginCheck(Bitfield toCheck) => (Unchecked, _toCheck, _checked) = (toCheck, toCheck.Count, 0);

    /// <summary>A piece has been checked; called by several threads.</summary>
    public void PieceChecked() => Interlocked.Increment(ref _checked);

    /// <summary>The check is over.</summary>
    public void EndCheck()
    {
        RecheckedPieces += Unchecked?.Count ?? 0;
        Unchecked = null;
    }

    /// <summary>A piece has been looked at that was to be taken over; called by several threads.</summary>
    /// <param name="bytes">Bytes that are good; 0: none.</param>
    public void PieceReused(int bytes)
    {
        Interlocked.Add(ref _reused, bytes);
        PieceChecked();
    }

    /// <summary>Everything that was to be taken over has been.</summary>
    public void EndReuse() => (Unchecked, Reuse) = (null, null);

    /// <summary>What trackers are told.</summary>
    public AnnounceRequest MakeAnnounce(AnnounceEvent announceEvent, AddressFamily family)
    {
        long left = Work.MissingBytes;
        return new AnnounceRequest
        {
            InfoHash = command.TorrentId.WireHash,
            PeerId = engine.PeerId,
            Port = engine.PortForTracker(family),
            Uploaded = Work.Sent.Total,
            // What nobody asked for, or was wrong, does not count: else any peer could make a tracker count as much as it likes.
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

    /// <summary>What is saved.</summary>
    /// <param name="stamps">The files as they are left on disk; empty where the torrent goes on.</param>
    public ResumeData MakeResumeData(IReadOnlyList<FileStamp?> stamps)
    {
        TorrentChoices choices = Choices;
        TransferTotals totals = Totals;
        Bitfield verified = Work.Verified();
        // What is still to be checked may be good: it is saved as doubtful, or it would be fetched anew after a restart.
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
            BytesReceived = totals.Received,
            BytesSent = totals.Sent,
            AddedAt = AddedAt,
            CompletedAt = CompletedAt,
        };
    }

    /// <summary>A status of a torrent in which nothing has changed but the time.</summary>
    public TorrentStatus Renew(TorrentStatus status) =>
        status with { Timestamp = WallTime.Now(engine.Time), SeedingTime = SeedingTime };

    /// <summary>What people see.</summary>
    /// <param name="trackers">The trackers as they are now.</param>
    /// <param name="saving">Why the state cannot be saved; null: it can.</param>
    public TorrentStatus MakeStatus(ReadOnlyCollection<TrackerSnapshot> trackers, TorrentError? saving)
    {
        long now = engine.Milliseconds;
        PieceProgress progress = Work.Progress;
        TorrentChoices choices = Choices;
        TransferTotals totals = Totals;
        (int peers, int seeds) = Work.Connected;
        long rate = State == TorrentState.Downloading ? Work.Received.Rate(now) : 0;
        // What has just come is told with the change of state, after the files have been looked at.
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
