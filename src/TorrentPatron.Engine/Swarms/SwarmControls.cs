using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Peers;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// What can be set about a torrent: each change is written in the ledger and takes effect at once. Thread-safe; saving it is the
/// swarm's.
/// </summary>
internal sealed class SwarmControls(SwarmLedger ledger, SwarmPieces pieces, SwarmNetwork network)
{
    private readonly Lock _gate = new();

    /// <summary>Sets everything, as a start does.</summary>
    /// <param name="choices">What has been chosen.</param>
    public void Begin(TorrentChoices choices)
    {
        lock (_gate)
        {
            ledger.Choices = choices;
            Apply(choices);
            if (choices.FilePriorities.Count > 0)
                pieces.SetPriorities(choices.FilePriorities, []);
            network.Apply(choices);
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
    public void AddTrackers(AddSources sources)
    {
        IReadOnlyList<Uri> trackers;
        lock (_gate)
        {
            ledger.Choices = ledger.Choices.WithTrackers(sources.Trackers).WithFoundTrackers(sources.FoundTrackers, ledger.OwnTrackers);
            trackers = ledger.Choices.AddedTrackers;
        }

        foreach (Uri tracker in trackers)
            network.Trackers.Add(tracker);
        // Given again by hand, one of its own that was taken away is asked again.
        foreach (Uri tracker in sources.Trackers)
            network.Trackers.Add(tracker);
    }

    /// <summary>Asks some trackers no longer.</summary>
    public void RemoveTrackers(IReadOnlyList<Uri> trackers)
    {
        lock (_gate)
            ledger.Choices = ledger.Choices.WithoutTrackers(trackers);
        foreach (Uri tracker in trackers)
            network.Trackers.Remove(tracker);
    }

    private void Apply(TorrentChoices choices)
    {
        network.Limit(choices);
        pieces.Sequential = choices.Sequential;
    }
}
