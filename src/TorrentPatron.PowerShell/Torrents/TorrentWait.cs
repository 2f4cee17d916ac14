using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>The waiting for one torrent.</summary>
internal sealed class TorrentWait
{
    private readonly TorrentTarget _torrent;
    private readonly WaitTerms _terms;
    private readonly TimeProvider _time;
    private readonly Task<TorrentStatus?> _end;
    private (TorrentState State, long Received) _seen;
    private Instant _lastProgress;

    /// <summary>Begins to wait.</summary>
    /// <param name="torrent">What for.</param>
    /// <param name="terms">How far, and how long.</param>
    /// <param name="time">The clock.</param>
    /// <param name="timeIsUp">Ends the wait.</param>
    public TorrentWait(TorrentTarget torrent, WaitTerms terms, TimeProvider time, CancellationToken timeIsUp)
    {
        _torrent = torrent;
        _terms = terms;
        _time = time;
        // Time without progress before this wait does not count: its cause may have been mended just now.
        (_seen, _lastProgress) = (Seen(torrent.Latest), Instant.Now(time));
        _end = torrent.Patron.WaitAsync(torrent.Torrent, HasArrived, timeIsUp);
    }

    /// <summary>Completes when the torrent got there, failed or was stopped, or when time is up.</summary>
    public Task Ended => _end;

    /// <summary>How the torrent stands now.</summary>
    public TorrentStatus Latest => _torrent.Latest;

    /// <summary>Looks whether anything has come in; to be called a few times a second.</summary>
    /// <returns>Whether nothing has for longer than the terms allow.</returns>
    public bool HasStalled()
    {
        if (_terms.StallTimeout is not { } longest)
            return false;
        var now = Instant.Now(_time);
        (TorrentState State, long Received) seen = Seen(_torrent.Latest);
        if (seen != _seen)
            (_seen, _lastProgress) = (seen, now);
        return seen.State is TorrentState.Downloading or TorrentState.FetchingMetadata && now - _lastProgress >= longest;
    }

    /// <summary>How the torrent stood at the end.</summary>
    /// <param name="error">Why it has not got there; null where it has.</param>
    public TorrentStatus Result(out TorrentError? error)
    {
        TorrentStatus status = (_end.IsCompletedSuccessfully ? _end.Result ?? Gone() : null) ?? _torrent.Latest;

        // Who gets there in the very moment in which time is up has got there.
        error = HasArrived(status) ? null
            : _end.Exception?.InnerException is TorrentException fault ? fault.Error
            : status.Error is not null ? status.Error
            : _end.IsCompletedSuccessfully ? CommandErrors.StoppedMeanwhile(status)
            : !_end.IsCompleted ? CommandErrors.Stalled(status, _terms.StallTimeout.GetValueOrDefault())
            : CommandErrors.TimeoutReached(status, _terms);
        return status;
    }

    private TorrentStatus Gone() => _torrent.Status with { State = TorrentState.Stopped };

    private bool HasArrived(TorrentStatus status) => _terms.Until.Any(status.HasReached);

    private static (TorrentState State, long Received) Seen(TorrentStatus status) => (status.State, status.BytesReceived);
}
