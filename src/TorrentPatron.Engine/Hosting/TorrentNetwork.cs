using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// A torrent's share of the network: its peers, where they come from, and its limits. It is the same before and after the torrent's
/// metadata is known; who uses it may change.
/// </summary>
internal sealed class TorrentNetwork : IAsyncDisposable
{
    /// <summary>Time between two looks at whether trackers can be asked sooner.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    private readonly EngineResources _engine;
    private readonly Lock _gate = new();
    private bool _isJoined;
    private Func<AnnounceEvent, AddressFamily, AnnounceRequest>? _makeAnnounce;
    private Instant _nextLook;
    private bool _hadPeers;
    private Action _changed = static () => { };
    private Action<IEnumerable<IPEndPoint>, PeerOrigin> _addPeers;
    private Func<bool> _isSeed = static () => false;

    /// <summary>Makes it, without a word to anybody.</summary>
    /// <param name="command">The start, which names the torrent, its trackers and its DHT nodes.</param>
    /// <param name="engine">What the engine shares.</param>
    public TorrentNetwork(CreateNewTorrent command, EngineResources engine)
    {
        TorrentId torrent = command.TorrentId;
        // Each tracker of a link is a tier of its own.
        IEnumerable<IEnumerable<string>> trackers =
            command.Metainfo?.TrackerTiers ?? command.Magnet?.Trackers.Select(tracker => Enumerable.Repeat(tracker, 1)) ?? [];
        _engine = engine;
        Download = new RateLimiter(engine.Time, 0);
        Upload = new RateLimiter(engine.Time, 0);
        Peers = new PeerSet(torrent, engine, Download, Upload, () => _isSeed());
        Trackers = new Announcer(
            torrent, new TrackerList(trackers.Select(AddressReader.Trackers), engine.Random, () => engine.ListenPorts.Families),
            engine.Trackers, engine.Announces, (e, family) => _makeAnnounce!(e, family),
            Take, _ => _changed(), engine.Time,
            fault => engine.Faults.EndTorrent(torrent, "announcer", fault));
        Discovery = new TorrentDiscovery(
            engine, torrent, command.Metainfo is { IsPrivate: true }, Peers, (peers, origin) => _addPeers!(peers, origin), () => _isSeed(), command.DhtNodes);
        _addPeers = Peers.Add;
        foreach (string tracker in command.Metainfo?.UnsupportedTrackers ?? command.Magnet?.UnsupportedTrackers ?? [])
            EngineEvents.Log.TrackerIgnored(torrent, tracker);
    }

    /// <summary>The torrent's own limit on what it receives, from whatever peers.</summary>
    public RateLimiter Download { get; }

    /// <summary>Its own limit on what it sends.</summary>
    public RateLimiter Upload { get; }

    /// <summary>The connections.</summary>
    public PeerSet Peers { get; }

    /// <summary>The trackers.</summary>
    public Announcer Trackers { get; }

    /// <summary>What finds peers without trackers.</summary>
    public TorrentDiscovery Discovery { get; }

    /// <summary>Says who uses it from now on.</summary>
    /// <param name="makeAnnounce">Tells how the torrent stands, for a tracker.</param>
    /// <param name="changed">Told when a tracker's state has changed.</param>
    /// <param name="addPeers">Takes addresses of peers that were found.</param>
    /// <param name="isSeed">Tells whether we have everything. Called with a lock held; must not come back here.</param>
    public void Use(
        Func<AnnounceEvent, AddressFamily, AnnounceRequest> makeAnnounce, Action changed, Action<IEnumerable<IPEndPoint>, PeerOrigin> addPeers,
        Func<bool> isSeed) => (_makeAnnounce, _changed, _addPeers, _isSeed) = (makeAnnounce, changed, addPeers, isSeed);

    /// <summary>Begins to look for peers, by the trackers and otherwise, and to be found.</summary>
    public void Join()
    {
        lock (_gate)
        {
            _isJoined = true;
            Look();
        }
    }

    /// <summary>What the network is bound to has gone, or has another address: ends the connections and asks nobody, without a word.</summary>
    public void Drop(string reason)
    {
        lock (_gate)
        {
            Discovery.Stop();
            // Completes at once: nobody is told.
            _ = Trackers.StopAsync(new CancellationToken(canceled: true));
        }

        Peers.Drop(reason);
    }

    /// <summary>The network is back: looks for peers anew, where the torrent is in its swarm.</summary>
    public void Rejoin()
    {
        lock (_gate)
        {
            if (_isJoined)
                Look();
        }

        Peers.Retry();
    }

    /// <summary>Does what is due; called about once a second. While no peer can give pieces, trackers are asked sooner.</summary>
    public void Tick()
    {
        Discovery.Tick();
        _hadPeers |= Peers.Connected.Count > 0;
        var now = Instant.Now(_engine.Time);
        if (now < _nextLook || !Peers.IsLonely)
            return;
        _nextLook = now + LookInterval;
        Trackers.PeersWanted(isAnew: _hadPeers);
        _hadPeers = false;
    }

    /// <summary>Looks for peers no longer, and tells the trackers.</summary>
    /// <param name="cancellationToken">Ends the wait for the trackers.</param>
    public Task StopLookingAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _isJoined = false;
            Discovery.Stop();
            return Trackers.StopAsync(cancellationToken);
        }
    }

    private void Take(TrackerSnapshot tracker, AnnounceResponse answer)
    {
        foreach (IPEndPoint peer in answer.EncryptedPeers)
            Peers.Directory.HintEncryption(peer);
        _addPeers(answer.Peers, new PeerOrigin(PeerSource.Tracker, tracker.Uri));
    }

    /// <summary>Looks for peers, unless nothing may be sent. Called with the lock held.</summary>
    private void Look()
    {
        if (_engine.NetworkDown is not null)
            return;
        Trackers.Start();
        Discovery.Start();
    }

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
        Download.Rate = choices.MaxDownloadRate;
        Upload.Rate = choices.MaxUploadRate;
    }

    /// <summary>Leaves the swarm: ends the connections and tells the trackers.</summary>
    public async Task LeaveAsync(string reason)
    {
        Peers.Close(reason);
        await StopLookingAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Lets go of everything, without a word to the trackers where it was not left before.</summary>
    public async ValueTask DisposeAsync()
    {
        Discovery.Stop();
        Peers.Close("The torrent stops.");
        await Trackers.DisposeAsync().ConfigureAwait(false);
        Download.Dispose();
        Upload.Dispose();
    }
}
