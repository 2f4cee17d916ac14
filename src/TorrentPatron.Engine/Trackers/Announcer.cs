using System.Collections.ObjectModel;
using System.Net;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>
/// Keeps the trackers of one torrent informed, and collects the peers they name. Between announces it is nothing but one
/// pending timer. Whatever a tracker does wrong becomes the state of that tracker, never an exception. Thread-safe.
/// </summary>
internal sealed class Announcer : IAsyncDisposable
{
    /// <summary>How long the trackers are given to hear that the torrent stops.</summary>
    public static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly TrackerList _trackers;
    private readonly ITrackerClient _client;
    private readonly AnnounceLimiter _limiter;
    private readonly Func<AnnounceEvent, AnnounceRequest> _makeRequest;
    private readonly Action<TrackerSnapshot, IReadOnlyList<IPEndPoint>> _onPeers;
    private readonly Action<TrackerSnapshot> _onChanged;
    private readonly TimeProvider _time;
    private readonly List<Task> _underWay = [];
    private ITimer? _timer;
    private CancellationTokenSource? _session;

    /// <summary>Makes an announcer, which does nothing before <see cref="Start"/>.</summary>
    /// <param name="trackers">The trackers, from now on used by this announcer alone.</param>
    /// <param name="client">Talks to trackers.</param>
    /// <param name="limiter">Bounds the announces of the whole engine.</param>
    /// <param name="makeRequest">Tells how the torrent stands, for an announce of this event.</param>
    /// <param name="onPeers">Takes the peers that a tracker named. Called on any thread without a lock; must not throw.</param>
    /// <param name="onChanged">Told when a tracker's state has changed. Called as <paramref name="onPeers"/> is.</param>
    /// <param name="time">The clock.</param>
    public Announcer(
        TrackerList trackers,
        ITrackerClient client,
        AnnounceLimiter limiter,
        Func<AnnounceEvent, AnnounceRequest> makeRequest,
        Action<TrackerSnapshot, IReadOnlyList<IPEndPoint>> onPeers,
        Action<TrackerSnapshot> onChanged,
        TimeProvider time)
    {
        _trackers = trackers;
        _client = client;
        _limiter = limiter;
        _makeRequest = makeRequest;
        _onPeers = onPeers;
        _onChanged = onChanged;
        _time = time;
    }

    /// <summary>Announces that the torrent starts; again after <see cref="StopAsync"/>.</summary>
    public void Start() => Change(now =>
    {
        if (_session is not null)
            return;
        _session = new CancellationTokenSource();
        _trackers.Start(now);
    });

    /// <summary>Announces that the download has just become complete; not for a torrent that started as a seed.</summary>
    public void Completed() => Change(_trackers.Completed);

    /// <summary>Announces as soon as the trackers allow it, because more peers are wanted.</summary>
    /// <param name="which">The trackers' addresses; empty: all.</param>
    public void AnnounceNow(IReadOnlyCollection<Uri> which) => Change(now => _trackers.Hurry(which, now));

    /// <summary>Adds a tracker as a tier of its own.</summary>
    public void Add(Uri tracker) => Change(now => _trackers.Add(tracker, now));

    /// <summary>Takes a tracker away; it is told that the torrent stops, if it knows of it.</summary>
    public void Remove(Uri tracker) => Change(_ =>
    {
        if (_trackers.Remove(tracker) is { HasStarted: true } removed && _session is { } session)
            _underWay.Add(SayGoodbyeAsync(removed, session.Token));
    });

    /// <summary>How the trackers stand now, by tier.</summary>
    public ReadOnlyCollection<TrackerSnapshot> Snapshot()
    {
        lock (_gate)
            return _trackers.Snapshot(_time);
    }

    /// <summary>Tells the trackers that know of this session that it ends, and waits a few seconds at most.</summary>
    /// <param name="cancellationToken">Ends the wait, not the stop.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        (IReadOnlyList<TrackerState> toTell, Task[] underWay) = await EndSessionAsync().ConfigureAwait(false);
        using var patience = new CancellationTokenSource(StopPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        await Task.WhenAll(toTell.Select(tracker => SayStoppedAsync(tracker, either.Token))).ConfigureAwait(false);
        await Task.WhenAll(underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Ends everything without a word to the trackers, unless <see cref="StopAsync"/> came before.</summary>
    public async ValueTask DisposeAsync()
    {
        (_, Task[] underWay) = await EndSessionAsync().ConfigureAwait(false);
        await Task.WhenAll(underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_timer is not null)
            await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private void Change(Action<Instant> change)
    {
        lock (_gate)
            change(Instant.Now(_time));
        Pump();
    }

    // Begins the announces that are due and sets the timer for the next ones.
    private void Pump()
    {
        lock (_gate)
        {
            if (_session is null)
                return;

            var now = Instant.Now(_time);
            _underWay.RemoveAll(announce => announce.IsCompleted);
            foreach (TrackerState tracker in _trackers.Due(now))
                _underWay.Add(AnnounceAsync(tracker, _trackers.Begin(tracker), _session));

            // A millisecond more, as timers cut off fractions and would fire just too early.
            SetTimer(_trackers.NextDue is { } due ? due - now + TimeSpan.FromMilliseconds(1) : Timeout.InfiniteTimeSpan);
        }
    }

    // Torrents without trackers, of which there may be thousands, have no timer.
    private void SetTimer(TimeSpan due)
    {
        if (due != Timeout.InfiniteTimeSpan)
            _timer ??= _time.CreateTimer(_ => Pump(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer?.Change(due, Timeout.InfiniteTimeSpan);
    }

    private async Task AnnounceAsync(TrackerState tracker, AnnounceEvent announceEvent, CancellationTokenSource session)
    {
        CancellationToken cancellationToken = session.Token;
        // Leaves the lock of the caller: everything below runs outside of it.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Report(tracker);
        AnnounceResponse? response = null;
        string failure = "";
        try
        {
            response = await AskAsync(tracker, announceEvent, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (TrackerFailureException e)
        {
            failure = e.Message;
        }
        catch (Exception e)
        {
            // A fault of ours rather than the tracker's. Still, the other trackers must go on.
            failure = $"The announce failed: {e.GetType().Name}.";
        }

        lock (_gate)
        {
            if (_session != session)
                return;
            if (response is not null)
                _trackers.Succeeded(tracker, announceEvent, response, Instant.Now(_time));
            else
                tracker.Failed(failure, Instant.Now(_time));
        }

        Pump();
        TrackerSnapshot snapshot = Report(tracker);
        if (response?.Peers is { Count: > 0 } peers)
            _onPeers(snapshot, peers);
    }

    private TrackerSnapshot Report(TrackerState tracker)
    {
        TrackerSnapshot snapshot;
        lock (_gate)
            snapshot = _trackers.Snapshot(tracker, _time);
        _onChanged(snapshot);
        return snapshot;
    }

    private async Task<AnnounceResponse> AskAsync(
        TrackerState tracker, AnnounceEvent announceEvent, CancellationToken cancellationToken)
    {
        using IDisposable place = await _limiter.EnterAsync(cancellationToken).ConfigureAwait(false);
        AnnounceRequest request = _makeRequest(announceEvent) with { Event = announceEvent, TrackerId = tracker.TrackerId };
        if (announceEvent == AnnounceEvent.Stopped)
            request = request with { NumWant = 0 };
        return await _client.AnnounceAsync(tracker.Uri, request, cancellationToken).ConfigureAwait(false);
    }

    private async Task<(IReadOnlyList<TrackerState> ToTell, Task[] UnderWay)> EndSessionAsync()
    {
        CancellationTokenSource session;
        IReadOnlyList<TrackerState> toTell;
        Task[] underWay;
        lock (_gate)
        {
            if (_session is null)
                return ([], []);

            session = _session;
            _session = null;
            toTell = _trackers.Stop();
            underWay = [.. _underWay];
            SetTimer(Timeout.InfiniteTimeSpan);
        }

        await session.CancelAsync().ConfigureAwait(false);
        return (toTell, underWay);
    }

    private async Task SayGoodbyeAsync(TrackerState tracker, CancellationToken cancellationToken)
    {
        // Leaves the lock of the caller.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var patience = new CancellationTokenSource(StopPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        await SayStoppedAsync(tracker, either.Token).ConfigureAwait(false);
    }

    private async Task SayStoppedAsync(TrackerState tracker, CancellationToken cancellationToken)
    {
        Task<AnnounceResponse> stopped = AskAsync(tracker, AnnounceEvent.Stopped, cancellationToken);
        // Nothing can be done about a tracker that does not listen; it forgets the peer after some intervals.
        await ((Task)stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
