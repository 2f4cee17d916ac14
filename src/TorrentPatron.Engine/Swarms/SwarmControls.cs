using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Trackers;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// What can be set about a torrent: each change is written in the ledger and takes effect at once. Thread-safe; saving it is the
/// swarm's.
/// </summary>
internal sealed class SwarmControls(SwarmLedger ledger, SwarmPieces pieces, RateLimiterPair download, RateLimiterPair upload)
{
    private readonly Lock _gate = new();

    /// <summary>Sets everything, as a start does.</summary>
    /// <param name="choices">What has been chosen.</param>
    /// <param name="announcer">The trackers of the metainfo.</param>
    public void Begin(TorrentChoices choices, Announcer announcer)
    {
        lock (_gate)
        {
            ledger.Choices = choices;
            Apply(choices);
            if (choices.FilePriorities.Count > 0)
                pieces.SetPriorities(choices.FilePriorities, []);
            foreach (Uri tracker in choices.RemovedTrackers)
                announcer.Remove(tracker);
            foreach (Uri tracker in choices.AddedTrackers)
                announcer.Add(tracker);
        }
    }

    /// <summary>Treats the torrent otherwise.</summary>
    public void Set(TorrentOptions options)
    {
        lock (_gate)
        {
            ledger.Choices = ledger.Choices.With(options);
            if (options.Goal is not null)
                ledger.IsGoalReached = false;
            Apply(ledger.Choices);
        }
    }

    /// <summary>Wants other files.</summary>
    /// <param name="priorities">Priority of each file.</param>
    /// <param name="peers">Those who are connected.</param>
    public void SetPriorities(IReadOnlyList<FilePriority> priorities, IReadOnlyList<PeerTransfer> peers)
    {
        lock (_gate)
        {
            ledger.Choices = ledger.Choices with { FilePriorities = [.. priorities] };
            pieces.SetPriorities(priorities, peers);
        }
    }

    /// <summary>Asks more trackers.</summary>
    public void AddTrackers(IReadOnlyList<Uri> trackers, Announcer announcer)
    {
        lock (_gate)
            ledger.Choices = ledger.Choices.WithTrackers(trackers);
        foreach (Uri tracker in trackers)
            announcer.Add(tracker);
    }

    /// <summary>Asks some trackers no longer.</summary>
    public void RemoveTrackers(IReadOnlyList<Uri> trackers, Announcer announcer)
    {
        lock (_gate)
            ledger.Choices = ledger.Choices.WithoutTrackers(trackers);
        foreach (Uri tracker in trackers)
            announcer.Remove(tracker);
    }

    private void Apply(TorrentChoices choices)
    {
        download.Torrent.Rate = choices.MaxDownloadRate;
        upload.Torrent.Rate = choices.MaxUploadRate;
        pieces.Sequential = choices.Sequential;
    }
}
