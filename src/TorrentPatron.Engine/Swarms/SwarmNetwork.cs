using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// A torrent's share of the network: its peers, where they come from, and its limits. It is the same before and after the torrent's
/// metadata is known; who uses it may change.
/// </summary>
internal sealed class SwarmNetwork : IAsyncDisposable
{
    private Func<AnnounceEvent, AnnounceRequest>? _makeAnnounce;
    private Action _changed = static () => { };
    private Action<IEnumerable<IPEndPoint>, PeerSource> _addPeers;

    /// <summary>Makes it, without a word to anybody.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="engine">What the engine shares.</param>
    /// <param name="trackers">The trackers' addresses, in tiers.</param>
    public SwarmNetwork(InfoHash torrent, EngineResources engine, IEnumerable<IEnumerable<string>> trackers)
    {
        Download = new RateLimiterPair(new RateLimiter(engine.Time, 0), engine.Download);
        Upload = new RateLimiterPair(new RateLimiter(engine.Time, 0), engine.Upload);
        Peers = new PeerSet(torrent, engine, Download, Upload);
        Trackers = new Announcer(
            new TrackerList(trackers.Select(ToUris), engine.Random), engine.Trackers, engine.Announces, e => _makeAnnounce!(e),
            (_, peers) => _addPeers!(peers, PeerSource.Tracker), _ => _changed(), engine.Time);
        _addPeers = Peers.Add;
    }

    /// <summary>The limits on what the torrent receives.</summary>
    public RateLimiterPair Download { get; }

    /// <summary>The limits on what it sends.</summary>
    public RateLimiterPair Upload { get; }

    /// <summary>The connections.</summary>
    public PeerSet Peers { get; }

    /// <summary>The trackers.</summary>
    public Announcer Trackers { get; }

    /// <summary>The addresses that are any.</summary>
    public static IEnumerable<Uri> ToUris(IEnumerable<string> addresses) =>
        addresses.Where(address => Uri.IsWellFormedUriString(address, UriKind.Absolute)).Select(address => new Uri(address));

    /// <summary>Says who uses it from now on.</summary>
    /// <param name="makeAnnounce">Tells how the torrent stands, for a tracker.</param>
    /// <param name="changed">Told when a tracker's state has changed.</param>
    /// <param name="addPeers">Takes addresses of peers that were found.</param>
    public void Use(
        Func<AnnounceEvent, AnnounceRequest> makeAnnounce, Action changed, Action<IEnumerable<IPEndPoint>, PeerSource> addPeers) =>
        (_makeAnnounce, _changed, _addPeers) = (makeAnnounce, changed, addPeers);

    /// <summary>Sets the torrent's own limits and its trackers beside those of its metainfo or link.</summary>
    public void Apply(TorrentChoices choices)
    {
        Limit(choices);
        foreach (Uri tracker in choices.RemovedTrackers)
            Trackers.Remove(tracker);
        foreach (Uri tracker in choices.AddedTrackers)
            Trackers.Add(tracker);
    }

    /// <summary>Sets the torrent's own limits.</summary>
    public void Limit(TorrentChoices choices)
    {
        Download.Torrent.Rate = choices.MaxDownloadRate;
        Upload.Torrent.Rate = choices.MaxUploadRate;
    }

    /// <summary>Leaves the swarm: ends the connections and tells the trackers.</summary>
    public async Task LeaveAsync(string reason)
    {
        Peers.Close(reason);
        await Trackers.StopAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Lets go of everything, without a word to the trackers where it was not left before.</summary>
    public async ValueTask DisposeAsync()
    {
        Peers.Close("The torrent stops.");
        await Trackers.DisposeAsync().ConfigureAwait(false);
        Download.Torrent.Dispose();
        Upload.Torrent.Dispose();
    }
}
