using System.Collections.ObjectModel;
using System.Net.Sockets;
using MonoTorrent.Client;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.MonoTorrent.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Protocol.Wire;
using TorrentState = TorrentPatron.Engine.Client.TorrentState;

namespace TorrentPatron.MonoTorrent.Torrents;

/// <summary>
/// What is written down of a torrent, totals, times and choices, and what is made from it: the status that people see, the resume data,
/// and what trackers are told.
/// </summary>
internal sealed class TorrentLedger : IMoveRecord
{
    /// <summary>So long nothing comes in before a download counts as stalled.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TorrentMetainfo _metainfo;
    private readonly bool _hasNewGoal;
    private readonly HostResources _host;
    private readonly TorrentDisk _disk;
    private readonly PieceTally _tally;
    private readonly RateMeter _received;
    private readonly RateMeter _sent;
    private readonly Lock _gate = new();
    private long _monitorReceived;
    private long _monitorSent;
    private long _receivedBefore;
    private long _sentBefore;
    private int _failedPieces;
    private long _wasted;
    private int _checked;
    private int _toCheck;
    private int _rechecked;
    private TimeSpan _seededBefore;
    private Instant _seedingSince;
    private Instant? _lastProgress;
    private bool _isSeeding;
    private bool _isAtRest;

    /// <summary>Opens an empty ledger.</summary>
    public TorrentLedger(TorrentMetainfo metainfo, CreateNewTorrent command, HostResources host, TorrentDisk disk, PieceTally tally)
    {
        _metainfo = metainfo;
        _hasNewGoal = command.Options.Goal is not null;
        _host = host;
        _disk = disk;
        _tally = tally;
        long now = host.Milliseconds;
        _received = new RateMeter(now);
        _sent = new RateMeter(now);
        AddedAt = WallTime.Now(host.Time);
        Choices = TorrentChoices.Of(command, saved: null);
    }

    /// <summary>When it was first added, UTC.</summary>
    public DateTimeOffset AddedAt { get; private set; }

    /// <summary>When it became complete, UTC.</summary>
    public DateTimeOffset? CompletedAt { get; private set; }

    /// <summary>How it came to be complete in this run.</summary>
    public CompletionReason? Completion { get; private set; }

    /// <summary>Why it stopped by itself.</summary>
    public TorrentError? Error { get; set; }

    /// <summary>What was wrong with the saved state.</summary>
    public TorrentError? StateWarning { get; set; }

    /// <summary>The pieces of a check that is not over; null: there is none.</summary>
    public Bitfield? Unchecked { get; set; }

    /// <summary>Whether the torrent is being closed in order.</summary>
    public bool ClosedInOrder { get; set; }

    /// <summary>What has been chosen for it.</summary>
    public TorrentChoices Choices { get; set; }

    /// <summary>Where the files on disk are from; null: that was not noted.</summary>
    public DataOrigin? Origin
    {
        get => field?.WithWritten(_disk.Storage.WrittenFiles());
        set;
    }

    /// <summary>The folder to which its files are on their way; null: none.</summary>
    public string? MovingTo { get; set; }

    /// <summary>How much of them is there, 0 to 1.</summary>
    public double MovedShare { get; set; }

    /// <summary>What it was doing before its files were moved.</summary>
    public TorrentState StateBeforeMove { get; private set; }

    /// <summary>Whether its goal was reached and told; it seeds on where it is let run.</summary>
    public bool IsGoalReached { get; set; }

    /// <summary>Its connected peers, as they were last looked at.</summary>
    public IReadOnlyList<PeerSnapshot> Peers { get; set; } = [];

    /// <summary>Addresses of peers that are known.</summary>
    public int KnownPeers { get; set; }

    /// <summary>What it has moved, and for how long it has seeded, over all runs.</summary>
    public TransferTotals Totals => new(_receivedBefore + _received.Total, _sentBefore + _sent.Total, SeedingTime);

    private TimeSpan SeedingTime => _isSeeding ? _seededBefore + (Instant.Now(_host.Time) - _seedingSince) : _seededBefore;

    /// <summary>Goes on with what an earlier run has saved.</summary>
    public void Continue(ResumeData data)
    {
        (AddedAt, CompletedAt) = (data.AddedAt, data.CompletedAt);
        (_receivedBefore, _sentBefore) = (data.BytesReceived, data.BytesSent);
        _seededBefore = data.SeedingTime;
        // A goal given anew counts anew.
        IsGoalReached = data.GoalReached && !_hasNewGoal;
    }

    /// <summary>It is in another state from now on.</summary>
    public void Enter(TorrentState state)
    {
        _seededBefore = SeedingTime;
        _seedingSince = Instant.Now(_host.Time);
        _isSeeding = state == TorrentState.Seeding;
        // One that rests when it is stopped rests when it is started again.
        _isAtRest = state == TorrentState.Suspended || (_isAtRest && state is TorrentState.Stopped or TorrentState.Moving);
        // It may be complete without having joined its swarm: so it was found, or it was chosen so.
        if (state == TorrentState.Suspended)
            NoteCompletion();
    }

    /// <summary>Its files are about to go to another folder.</summary>
    /// <param name="before">What it was doing.</param>
    /// <param name="destination">Where they go.</param>
    public void BeginMove(TorrentState before, string destination) => (StateBeforeMove, MovingTo, MovedShare) = (before, destination, 0);

    /// <summary>Whether it has seeded enough, and has not said so yet.</summary>
    public bool HasReachedGoal() =>
        _isSeeding && !IsGoalReached && (SeedingTime >= Choices.Goal.Time || Ratio(_tally.Progress.CompletedBytes) >= Choices.Goal.Ratio);

    /// <summary>Notes that a torrent out of its swarm is complete, or is not; what a check has still to say is not foretold.</summary>
    public void NoteCompletion()
    {
        if (Unchecked is null)
            CompletedAt = _tally.IsComplete ? CompletedAt ?? WallTime.Now(_host.Time) : null;
    }

    /// <summary>It has become complete; null: it has something to fetch.</summary>
    public void Completed(CompletionReason? reason)
    {
        CompletedAt = reason is null ? null : CompletedAt ?? WallTime.Now(_host.Time);
        Completion = reason is null ? null : Completion ?? reason;
        if (reason is null)
            _lastProgress = Instant.Now(_host.Time);
    }

    /// <summary>Takes over what MonoTorrent has counted since the last time.</summary>
    /// <param name="monitor">Its counters, which it sets back when it stops.</param>
    public void Count(ConnectionMonitor monitor)
    {
        lock (_gate)
        {
            long received = monitor.DataBytesReceived, sent = monitor.DataBytesSent;
            if (received > _monitorReceived)
            {
                _received.Add(received - _monitorReceived);
                _lastProgress = Instant.Now(_host.Time);
            }

            _sent.Add(Math.Max(0, sent - _monitorSent));
            (_monitorReceived, _monitorSent) = (received, sent);
        }
    }

    /// <summary>A piece has come whose hash is wrong.</summary>
    public void PieceFailed(int piece)
    {
        Interlocked.Increment(ref _failedPieces);
        Interlocked.Add(ref _wasted, _disk.Layout.PieceSize(piece));
    }

    /// <summary>A check begins.</summary>
    public void BeginCheck(Bitfield toCheck) => (Unchecked, _toCheck, _checked) = (toCheck, toCheck.Count, 0);

    /// <summary>A piece has been checked; called by several threads.</summary>
    public void PieceChecked() => Interlocked.Increment(ref _checked);

    /// <summary>The check is over.</summary>
    public void EndCheck()
    {
        _rechecked += Unchecked?.Count ?? 0;
        Unchecked = null;
    }

    /// <summary>What trackers are told.</summary>
    public AnnounceRequest MakeAnnounce(AnnounceEvent announceEvent, AddressFamily family)
    {
        long left = _tally.MissingBytes;
        return new AnnounceRequest
        {
            InfoHash = _metainfo.InfoHash,
            PeerId = _host.PeerId,
            Port = _host.ListenPorts.ForTracker(family),
            Uploaded = _sent.Total,
            Downloaded = _received.Total,
            Left = left,
            IsPartialSeed = left > 0 && _tally.IsComplete,
            Event = announceEvent,
            Key = (uint)_host.PeerId.GetHashCode(),
        };
    }

    /// <summary>What is saved.</summary>
    public ResumeData MakeResumeData()
    {
        TorrentChoices choices = Choices;
        TransferTotals totals = Totals;
        Bitfield verified = _tally.Verified();
        // What is still to be checked may be good: it is saved as doubtful, or it would be fetched anew after a restart.
        Bitfield? doubtful = Unchecked;
        if (doubtful is not null)
        {
            foreach (int piece in doubtful.Ones)
                verified.Set(piece);
        }

        return new ResumeData
        {
            Verified = verified,
            Doubtful = doubtful,
            Destination = _disk.Layout.Destination,
            Files = ClosedInOrder ? _disk.Storage.Stamps() : [],
            ClosedInOrder = ClosedInOrder,
            Suspended = _isAtRest,
            FilePriorities = choices.FilePriorities,
            Trackers = choices.AddedTrackers,
            RemovedTrackers = choices.RemovedTrackers,
            Options = choices.Options,
            Origin = Origin,
            Apart = _disk.Storage.Apart,
            MovingTo = MovingTo,
            SeedingTime = totals.Seeding,
            GoalReached = IsGoalReached,
            BytesReceived = totals.Received,
            BytesSent = totals.Sent,
            AddedAt = AddedAt,
            CompletedAt = CompletedAt,
        };
    }

    /// <summary>What people see.</summary>
    /// <param name="state">What the torrent is doing.</param>
    /// <param name="trackers">The trackers as they are now.</param>
    /// <param name="hasGivenPeers">Whether it was told of peers by hand.</param>
    public TorrentStatus MakeStatus(TorrentState state, ReadOnlyCollection<TrackerSnapshot> trackers, bool hasGivenPeers)
    {
        long now = _host.Milliseconds;
        PieceProgress progress = _tally.Progress;
        TorrentChoices choices = Choices;
        TransferTotals totals = Totals;
        // What has just come is told with the change of state, after the files have been looked at.
        bool isComplete = progress.IsComplete && CompletedAt is not null && state is not (TorrentState.Checking or TorrentState.Downloading);
        bool isActive = state is TorrentState.Downloading or TorrentState.Seeding;
        long rate = state == TorrentState.Downloading ? _received.Rate(now) : 0;
        double share = state switch
        {
            TorrentState.Checking => (double)Volatile.Read(ref _checked) / Math.Max(1, _toCheck),
            TorrentState.Moving => MovedShare,
            _ => progress.Share,
        };
        return new TorrentStatus
        {
            Name = _metainfo.Name,
            InfoHash = _metainfo.InfoHash.ToString(),
            State = state,
            Destination = _disk.Layout.Destination,
            Path = _disk.Layout.RootPath,
            PercentComplete = 100 * Math.Clamp(share, 0, 1),
            IsComplete = isComplete,
            TotalSize = _metainfo.ContentSize,
            WantedSize = progress.WantedBytes,
            CompletedSize = progress.CompletedBytes,
            BytesReceived = totals.Received,
            BytesSent = totals.Sent,
            BytesWasted = Interlocked.Read(ref _wasted),
            DownloadRate = rate,
            UploadRate = isActive ? _sent.Rate(now) : 0,
            EstimatedTimeLeft = rate > 0 ? TimeSpan.FromSeconds(Math.Min(progress.LeftBytes / rate, int.MaxValue)) : null,
            Ratio = Ratio(progress.CompletedBytes),
            ConnectedPeers = isActive ? Peers.Count : 0,
            ConnectedSeeds = isActive ? Peers.Count(peer => peer.PercentComplete == 100) : 0,
            KnownPeers = KnownPeers,
            PieceCount = _metainfo.PieceCount,
            VerifiedPieces = progress.VerifiedPieces,
            RecheckedPieces = _rechecked,
            FailedPieces = Volatile.Read(ref _failedPieces),
            AddedAt = AddedAt,
            CompletedAt = isComplete ? CompletedAt : null,
            Timestamp = WallTime.Now(_host.Time),
            Completion = isComplete ? Completion : null,
            LastProgressAt = _lastProgress is { } since ? WallTime.At(since, _host.Time) : null,
            IsStalled = state == TorrentState.Downloading && Instant.Now(_host.Time) - _lastProgress > Patience,
            MaxDownloadRate = choices.MaxDownloadRate,
            MaxUploadRate = choices.MaxUploadRate,
            SeedRatio = choices.Goal.Ratio,
            SeedTime = choices.Goal.Time,
            SeedingTime = totals.Seeding,
            SeedOnly = choices.SeedOnly,
            IsPrivate = _metainfo.IsPrivate,
            Tags = choices.Tags,
            Error = Error,
            Warnings = Warnings(trackers, state == TorrentState.Downloading && !hasGivenPeers),
            Trackers = trackers,
        };
    }

    private ReadOnlyCollection<TorrentError> Warnings(ReadOnlyCollection<TrackerSnapshot> trackers, bool needsPeers)
    {
        bool isLonely = needsPeers && trackers.Count == 0 && KnownPeers == 0;
        return
        [
            .. TorrentWishes.Unmet(Choices), .. isLonely ? [TorrentWishes.Lonely] : Array.Empty<TorrentError>(),
            .. SwarmErrors.Warnings(StateWarning, _disk.SaveWarning, trackers, _metainfo.IsPrivate),
        ];
    }

    private double Ratio(long completed) => completed == 0 ? 0 : (double)Totals.Sent / completed;
}
