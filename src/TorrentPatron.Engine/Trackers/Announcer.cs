using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>
/// Announces one torrent to its trackers, and collects the peers they return. Between announces it consists of one pending timer.
/// A failure of a tracker or of the client becomes the state of that tracker, never an exception. Thread-safe.
/// </summary>
internal sealed class Announcer : IAsyncDisposable
{
    /// <summary>How long to wait for trackers when the torrent stops.</summary>
    public static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(3);

    /// <summary>How long to wait, when the torrent stops, for a tracker's answer to the completed event.</summary>
    public static readonly TimeSpan CompletedPatience = TimeSpan.FromSeconds(3);

    /// <summary>How long to wait for a tracker's answer to the stopped event if it did not answer that.</summary>
    public static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(1);

    private TorrentId _torrent;
    private readonly TrackerList _trackers;
    private readonly ITrackerClient _client;
    private readonly AnnounceLimiter _limiter;
    private readonly IAnnouncerOwner _owner;
    private readonly TimeProvider _time;
    private List<Announce>? _underWay; // null before the first
    private List<Task>? _goodbyes; // likewise
    private ITimer? _timer;
    private CancellationTokenSource? _run;
    private Task _leaving = Task.CompletedTask;

    /// <summary>Creates an announcer, which does nothing before <see cref="Start"/>.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="trackers">The trackers, used only by this announcer from now on.</param>
    /// <param name="client">The client for trackers.</param>
    /// <param name="limiter">Limits the announces of the whole engine.</param>
    /// <param name="owner">The torrent.</param>
    /// <param name="time">The clock.</param>
    public Announcer(
        TorrentId torrent,
        TrackerList trackers,
        ITrackerClient client,
        AnnounceLimiter limiter,
        IAnnouncerOwner owner,
        TimeProvider time)
    {
        _torrent = torrent;
        _trackers = trackers;
        _client = client;
        _limiter = limiter;
        _owner = owner;
        _time = time;
    }

    /// <summary>
    /// Announces that the torrent starts. After <see cref="StopAsync"/>, each tracker is told about the start after it has been
    /// told about the stop.
    /// </summary>
    public void Start() => Change(now =>
    {
        if (_run is not null)
            return;
        _run = new CancellationTokenSource();
        _trackers.Start(now);
    });

    /// <summary>Announces that the download has just become complete; not called for a torrent that started as a seed.</summary>
    public void Completed() => Change(_trackers.Completed);

    /// <summary>Announces as soon as the trackers allow it, because more peers are wanted.</summary>
    /// <param name="which">The trackers' addresses; empty means all.</param>
    public void AnnounceNow(IReadOnlyCollection<Uri> which) => Change(now => _trackers.Hurry(which, now));

    /// <summary>Announces within some minutes, or as soon as the trackers allow it, because no peer can give pieces.</summary>
    /// <param name="isAnew">Whether a peer could at the last call; the longer there is none, the rarer the announces.</param>
    public void PeersWanted(bool isAnew) => Change(_ => _trackers.PeersWanted(isAnew));

    /// <summary>Adds newly known hashes of the torrent: trackers that know us get announces for them too.</summary>
    /// <param name="known">The torrent's id with all of its hashes.</param>
    public void Learn(TorrentId known)
    {
        lock (this)
        {
            IEnumerable<InfoHash> news = [.. known.WireHashes.Except(_torrent.WireHashes)];
            _torrent = known;
            if (_run is not { } run)
                return;
            foreach (InfoHash hash in news)
            {
                foreach (TrackerSession session in _trackers.Started)
                    _ = IntroduceAsync(session, hash, run);
            }
        }
    }

    /// <summary>Adds a tracker in a separate tier.</summary>
    public void Add(Uri tracker) => Change(now => _trackers.Add(tracker, now));

    /// <summary>Removes a tracker; if it knows the torrent, it is told that it stops.</summary>
    public void Remove(Uri tracker) => Change(_ =>
    {
        if (_trackers.Remove(tracker) is not { } removed || _run is not { } run)
            return;
        _goodbyes?.RemoveAll(goodbye => goodbye.IsCompleted);
        foreach (TrackerSession session in removed.Sessions)
            (_goodbyes ??= []).Add(LeaveAsync(session, run.Token));
    });

    /// <summary>Current snapshots of the trackers, by tier.</summary>
    public ReadOnlyCollection<TrackerSnapshot> Snapshot()
    {
        lock (this)
            return _trackers.Snapshot(_time);
    }

    /// <summary>
    /// Tells the trackers that know this session that it ends, and first any completed event that they have not received. Waits a
    /// few seconds at most.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait, not the stop.</param>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (this)
        {
            if (_run is null)
                return _leaving;
            CancellationTokenSource run = _run;
            _run = null;
            SetTimer(Timeout.InfiniteTimeSpan);
            Task[] leaving = [.. _trackers.Stop().Select(session => LeaveAsync(session, cancellationToken))];
            _leaving = EndAsync(run, Task.WhenAll(leaving), Task.WhenAll(_goodbyes ?? []));
            return _leaving;
        }
    }

    /// <summary>Ends everything without telling the trackers, unless <see cref="StopAsync"/> was called before.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        if (_timer is not null)
            await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private void Change(Action<Instant> change)
    {
        lock (this)
            change(Instant.Now(_time));
        Pump();
    }

    // Starts the announces that are due and sets the timer for the next ones.
    private void Pump()
    {
        lock (this)
        {
            if (_run is null)
                return;

            var now = Instant.Now(_time);
            _underWay?.RemoveAll(announce => announce.Ended.IsCompleted);
            foreach (TrackerSession session in _trackers.Due(now))
            {
                AnnounceEvent announceEvent = _trackers.Begin(session);
                var cancel = new CancellationTokenSource();
                (_underWay ??= []).Add(new Announce(session, AnnounceAsync(session, announceEvent, _run, _leaving, cancel.Token), cancel));
            }

            // One millisecond is added because timers drop fractions and would fire just too early.
            SetTimer(_trackers.NextDue is { } due ? due - now + TimeSpan.FromMilliseconds(1) : Timeout.InfiniteTimeSpan);
        }
    }

    private void PumpOnTime()
    {
        try
        {
            Pump();
        }
#pragma warning disable CA1031 // The root of a loop: an exception from a timer ends the process.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _owner.AnnouncerFaulted(e);
        }
    }

    // Torrents without trackers, of which there may be thousands, have no timer.
    private void SetTimer(TimeSpan due)
    {
        if (due != Timeout.InfiniteTimeSpan)
            _timer ??= _time.CreateTimer(_ => PumpOnTime(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer?.Change(due, Timeout.InfiniteTimeSpan);
    }

    /// <param name="session">The session.</param>
    /// <param name="announceEvent">The event to announce.</param>
    /// <param name="run">The run that it belongs to.</param>
    /// <param name="before">The end of the previous run, which the tracker is told about first.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    private async Task AnnounceAsync(
        TrackerSession session, AnnounceEvent announceEvent, CancellationTokenSource run, Task before, CancellationToken cancellationToken)
    {
        // Leave the caller's lock: everything below runs outside it.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await before.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await AnnounceAsync(session, announceEvent, run, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The root of an announce: nobody observes the exceptions of its task.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _owner.AnnouncerFaulted(e);
        }
    }

    private async Task AnnounceAsync(
        TrackerSession session, AnnounceEvent announceEvent, CancellationTokenSource run, CancellationToken cancellationToken)
    {
        Report(session.Tracker);
        AnnounceResponse? response = null;
        string? failure = null;
        try
        {
            response = await AskAsync(session, announceEvent, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (TrackerFailureException e)
        {
            failure = e.Message;
        }
        lock (this)
        {
            var now = Instant.Now(_time);
            if (_run != run)
            {
                // It was allowed to finish because the tracker is to be told more after it.
                if (response is not null)
                    session.Succeeded(announceEvent, response, now);
                return;
            }

            if (response is not null)
                _trackers.Succeeded(session, announceEvent, response, now);
            else if (failure is not null)
                session.Failed(failure, now);
            else
                session.Tracker.BecomeAbsent(session, now);
        }

        Pump();
        TrackerSnapshot snapshot = Report(session.Tracker);
        if (response is { Peers.Count: > 0 })
            _owner.TakePeers(snapshot, response);
        if (response is not null)
            _ = ScrapeAsync(session, run);
    }

    /// <summary>Announces us in the swarm of the torrent's other hash, and takes the peers returned.</summary>
    private async Task IntroduceAsync(TrackerSession session, InfoHash hash, CancellationTokenSource run)
    {
        // Leave the caller's lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        CancellationToken cancellationToken = run.Token;
        try
        {
            using IDisposable place = await _limiter.EnterAsync(cancellationToken).ConfigureAwait(false);
            AnnounceRequest request = _owner.MakeAnnounce(AnnounceEvent.Started, session.Family) with { Event = AnnounceEvent.Started, InfoHash = hash };
            lock (this)
                request = session.Fill(request);
            AnnounceResponse? response = await _client.AnnounceAsync(session.Uri, request, session.Family, cancellationToken).ConfigureAwait(false);
            if (response is { Peers.Count: > 0 })
                _owner.TakePeers(Report(session.Tracker), response);
        }
        catch (Exception e) when (e is TrackerFailureException or OperationCanceledException)
        {
            // The next announce repeats this.
        }
#pragma warning disable CA1031 // The root of a task that nobody awaits.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _owner.AnnouncerFaulted(e);
        }
    }

    /// <summary>Scrapes the swarm's peer counts, if the tracker did not return them with the announce.</summary>
    private async Task ScrapeAsync(TrackerSession session, CancellationTokenSource run)
    {
        ScrapeResponse? swarm = null;
        CancellationToken cancellationToken = run.Token;
        lock (this)
        {
            if (_run != run || !session.IsToBeScraped)
                return;
        }

        try
        {
            using IDisposable place = await _limiter.EnterAsync(cancellationToken).ConfigureAwait(false);
            swarm = await _client.ScrapeAsync(session.Uri, _torrent.WireHash, session.Family, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (TrackerFailureException)
        {
            // Announces are what counts: if a tracker cannot be scraped, the counts stay unknown.
        }
#pragma warning disable CA1031 // The root of a task that nobody awaits.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _owner.AnnouncerFaulted(e);
            return;
        }

        lock (this)
            session.Scraped(swarm);
        if (swarm is not null)
            Report(session.Tracker);
    }

    private TrackerSnapshot Report(TrackerState tracker)
    {
        TrackerSnapshot snapshot;
        lock (this)
            snapshot = _trackers.Snapshot(tracker, _time);
        _owner.TrackerChanged(snapshot);
        return snapshot;
    }

    /// <summary>
    /// Announces a hybrid with its other hash too, to meet peers that support only version 2. A failure of this has no other
    /// effect.
    /// </summary>
    private async Task<AnnounceResponse> AskAgainAsync(
        TrackerSession session, AnnounceRequest request, AnnounceResponse first, CancellationToken cancellationToken)
    {
        try
        {
            AnnounceResponse? second = await _client.AnnounceAsync(session.Uri, request, session.Family, cancellationToken).ConfigureAwait(false);
            return second is null ? first : first with
            {
                Peers = [.. first.Peers.Union(second.Peers)],
                EncryptedPeers = [.. first.EncryptedPeers.Union(second.EncryptedPeers)],
            };
        }
        catch (TrackerFailureException)
        {
            return first;
        }
    }

    private async Task<AnnounceResponse?> AskAsync(
        TrackerSession session, AnnounceEvent announceEvent, CancellationToken cancellationToken)
    {
        using IDisposable place = await _limiter.EnterAsync(cancellationToken).ConfigureAwait(false);
        TorrentId torrent = _torrent;
        AnnounceRequest request = _owner.MakeAnnounce(announceEvent, session.Family) with { Event = announceEvent, InfoHash = torrent.WireHash };
        if (announceEvent == AnnounceEvent.Stopped)
            request = request with { NumWant = 0 };
        lock (this)
            request = session.Fill(request);
        EngineEvents.Log.TrackerAsked(_torrent, session.Uri, announceEvent);
        try
        {
            AnnounceResponse? response = await _client.AnnounceAsync(session.Uri, request, session.Family, cancellationToken).ConfigureAwait(false);
            if (response is not null && torrent.SecondWireHash is { } second)
                response = await AskAgainAsync(session, request with { InfoHash = second }, response, cancellationToken).ConfigureAwait(false);
            if (response is not null)
                EngineEvents.Log.TrackerAnswered(_torrent, session.Uri, response);
            return response;
        }
        catch (TrackerFailureException e)
        {
            EngineEvents.Log.TrackerFailed(_torrent, session.Uri, e);
            throw;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // A fault of ours rather than the tracker's. Still, the other trackers must go on.
            EngineEvents.Log.FaultCaught(_torrent, "announcer", e);
            throw new TrackerFailureException($"The announce failed: {e.GetType().Name}.", e);
        }
    }

    /// <summary>Waits until the trackers have been told about the end, then cancels what is still in progress.</summary>
    private static async Task EndAsync(CancellationTokenSource run, Task leaving, Task goodbyes)
    {
        await leaving.ConfigureAwait(false);
        await run.CancelAsync().ConfigureAwait(false);
        await goodbyes.ConfigureAwait(false);
    }

    /// <summary>Sends the stopped event in a session, after the completed event if the tracker has not received that.</summary>
    /// <param name="session">The session. Called with the lock held.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    private async Task LeaveAsync(TrackerSession session, CancellationToken cancellationToken)
    {
        Announce? underWay = _underWay?.Find(announce => announce.Session == session);
        // A session that waits for its first answer is not waited for if the tracker answers over the other IP version.
        bool isOwed = _trackers.OwesCompleted(session) && (session.HasStarted || !session.Tracker.IsWorking);
        using var patience = new CancellationTokenSource(CompletedPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        // Leave the caller's lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        bool hasHeard = !isOwed || await SayCompletedAsync(session, underWay, either.Token).ConfigureAwait(false);

        if (underWay is not null)
        {
            await underWay.Cancel.CancelAsync().ConfigureAwait(false);
            await underWay.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        bool isKnown;
        lock (this)
            isKnown = session.HasStarted;
        if (!isKnown)
            return;
        using var lastPatience = new CancellationTokenSource(hasHeard ? StopPatience : LastPatience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lastPatience.Token);
        await TryAskAsync(session, AnnounceEvent.Stopped, both.Token).ConfigureAwait(false);
    }

    /// <returns>Whether the tracker answered.</returns>
    private async Task<bool> SayCompletedAsync(TrackerSession session, Announce? underWay, CancellationToken cancellationToken)
    {
        if (underWay is not null)
            await underWay.Ended.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (this)
        {
            // If the tracker did not receive the start, it must not receive the end.
            if (!session.HasStarted || session.HasCompleted)
                return session.HasStarted;
        }

        return !cancellationToken.IsCancellationRequested
            && await TryAskAsync(session, AnnounceEvent.Completed, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends an event to a tracker. A failure is ignored; the tracker forgets the peer after some intervals.</summary>
    /// <returns>Whether it answered.</returns>
    private async Task<bool> TryAskAsync(TrackerSession session, AnnounceEvent announceEvent, CancellationToken cancellationToken)
    {
        Task<AnnounceResponse?> asking = AskAsync(session, announceEvent, cancellationToken);
        await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return asking.IsCompletedSuccessfully;
    }

    /// <summary>An announce in progress.</summary>
    private sealed record Announce(TrackerSession Session, Task Ended, CancellationTokenSource Cancel);
}
