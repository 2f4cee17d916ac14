using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A wait for one torrent.</summary>
internal sealed class TorrentWait
{
    private readonly TorrentTarget _torrent;
    private readonly WaitOptions _waitOptions;
    private readonly TimeProvider _time;
    private readonly Task<TorrentStatus?> _end;
    private (TorrentState State, long Received) _seen;
    private Instant _lastProgress;

    /// <summary>Begins to wait.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="waitOptions">The milestones and the time limits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="timeIsUp">Cancelled at the timeout.</param>
    public TorrentWait(TorrentTarget torrent, WaitOptions waitOptions, TimeProvider time, CancellationToken timeIsUp)
    {
        _torrent = torrent;
        _waitOptions = waitOptions;
        _time = time;
        // Time without progress before this wait does not count: the user may have just fixed the cause.
        (_seen, _lastProgress) = (Seen(torrent.Latest), Instant.Now(time));
        _end = torrent.Patron.WaitAsync(torrent.Torrent, HasArrived, timeIsUp);
    }

    /// <summary>Completes when the torrent reaches a milestone, fails or is stopped, or at the timeout.</summary>
    public Task Ended => _end;

    /// <summary>The torrent's current status.</summary>
    public TorrentStatus Latest => _torrent.Latest;

    /// <summary>Checks for progress; call it a few times a second.</summary>
    /// <returns>Whether there has been none for longer than the options allow.</returns>
    public bool HasStalled()
    {
        if (_waitOptions.StallTimeout is not { } longest)
            return false;
        var now = Instant.Now(_time);
        (TorrentState State, long Received) seen = Seen(_torrent.Latest);
        if (seen != _seen)
            (_seen, _lastProgress) = (seen, now);
        return seen.State is TorrentState.Downloading or TorrentState.FetchingMetadata && now - _lastProgress >= longest;
    }

    /// <summary>The torrent's status at the end.</summary>
    /// <param name="error">Why it reached no milestone; null if it did.</param>
    public TorrentStatus Result(out TorrentError? error)
    {
        TorrentStatus status = (_end.IsCompletedSuccessfully ? _end.Result ?? Gone() : null) ?? _torrent.Latest;

        // A torrent that reaches its milestone at the moment of the timeout counts as having reached it.
        error = HasArrived(status) ? null
            : _end.Exception?.InnerException is TorrentException fault ? fault.Error
            : status.Error is not null ? status.Error
            : _end.IsCompletedSuccessfully ? CommandErrors.StoppedMeanwhile(status)
            : !_end.IsCompleted ? CommandErrors.Stalled(status, _waitOptions.StallTimeout.GetValueOrDefault())
            : CommandErrors.TimeoutReached(status, _waitOptions);
        return status;
    }

    private TorrentStatus Gone() => _torrent.Status with { State = TorrentState.Stopped };

    private bool HasArrived(TorrentStatus status) => _waitOptions.Until.Any(status.HasReached);

    private static (TorrentState State, long Received) Seen(TorrentStatus status) => (status.State, status.BytesReceived);
}
