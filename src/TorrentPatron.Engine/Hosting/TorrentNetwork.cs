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
/// A torrent's share of the network: its peers, their sources, and its limits. It stays the same when the torrent's metadata
/// becomes known, although its owner may change.
/// </summary>
internal sealed class TorrentNetwork : IAnnouncerOwner, IAsyncDisposable
{
    /// <summary>Time between two checks whether to announce sooner.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    private readonly EngineResources _engine;
    private TorrentId _known;
    private bool _isJoined;
    private readonly TorrentId _torrent;
    private ITorrentNetworkOwner? _owner;
    private Instant _nextLook;
    private bool _hadPeers;

    /// <summary>Creates the torrent's network, which sends nothing yet.</summary>
    /// <param name="command">The start command, which names the torrent, its trackers and its DHT nodes.</param>
    /// <param name="engine">The engine's shared resources.</param>
    public TorrentNetwork(CreateNewTorrent command, EngineResources engine)
    {
        TorrentId torrent = command.TorrentId;
        _known = command.Metainfo?.TorrentId ?? torrent;
        // Each tracker of a link is a separate tier.
        IEnumerable<IEnumerable<string>> trackers =
            command.Metainfo?.TrackerTiers ?? command.Magnet?.Trackers.Select(tracker => Enumerable.Repeat(tracker, 1)) ?? [];
        _engine = engine;
        Download = new RateLimiter(engine.Time, 0);
        Upload = new RateLimiter(engine.Time, 0);
        _torrent = torrent;
        Func<bool> isSeed = () => _owner is { IsSeed: true };
        Peers = new PeerSet(torrent, engine, Download, Upload, isSeed) { Known = _known };
        Trackers = new Announcer(
            _known, new TrackerList(trackers.Select(AddressReader.Trackers), engine.Random, engine.Families),
            engine.Trackers, engine.Announces, owner: this, engine.Time);
        Discovery = new TorrentDiscovery(
            engine, torrent, command.Metainfo is { IsPrivate: true }, Peers, AddPeers, isSeed, command.DhtNodes);
        Discovery.Learn(_known);
        foreach (string tracker in command.Metainfo?.UnsupportedTrackers ?? command.Magnet?.UnsupportedTrackers ?? [])
            EngineEvents.Log.TrackerIgnored(torrent, tracker);
    }

    /// <summary>The torrent's own limit for receiving.</summary>
    public RateLimiter Download { get; }

    /// <summary>The torrent's own limit for sending.</summary>
    public RateLimiter Upload { get; }

    /// <summary>The connections.</summary>
    public PeerSet Peers { get; }

    /// <summary>The trackers.</summary>
    public Announcer Trackers { get; }

    /// <summary>Discovery without trackers.</summary>
    public TorrentDiscovery Discovery { get; }

    /// <summary>Sets the owner.</summary>
    /// <param name="owner">The torrent.</param>
    public void Use(ITorrentNetworkOwner owner) => _owner = owner;

    /// <summary>
    /// Takes more hashes of the torrent than its link names. Trackers and discovery use all of them, peers may use any of them,
    /// and peers connected by the version 1 hash alone are redialled to continue with version 2.
    /// </summary>
    /// <param name="known">The torrent's id with all of its hashes.</param>
    public void Learn(TorrentId known)
    {
        if (known.WireHashes.SequenceEqual(_known.WireHashes))
            return;
        _known = known;
        Peers.Known = known;
        Trackers.Learn(known);
        Discovery.Learn(known);
    }

    /// <summary>Starts looking for peers and announcing.</summary>
    public void Join()
    {
        lock (this)
        {
            _isJoined = true;
            Look();
        }
    }

    /// <summary>
    /// Called when the bound interface went down or changed its address: ends the connections and stops announcing, without
    /// notice to trackers.
    /// </summary>
    public void Drop(string reason)
    {
        lock (this)
        {
            Discovery.Stop();
            // Completes at once, because no announce is sent.
            _ = Trackers.StopAsync(new CancellationToken(canceled: true));
        }

        Peers.Drop(reason);
    }

    /// <summary>Called when the network is back: looks for peers again, if the torrent is in its swarm.</summary>
    public void Rejoin()
    {
        lock (this)
        {
            if (_isJoined)
                Look();
        }

        Peers.Retry();
    }

    /// <summary>
    /// Does the work that is due; called about once a second. While no peer can give pieces, it announces sooner.
    /// </summary>
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

    /// <summary>Stops looking for peers, and tells the trackers.</summary>
    /// <param name="cancellationToken">Ends the wait for the trackers.</param>
    public Task StopLookingAsync(CancellationToken cancellationToken)
    {
        lock (this)
        {
            _isJoined = false;
            Discovery.Stop();
            return Trackers.StopAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    AnnounceRequest IAnnouncerOwner.MakeAnnounce(AnnounceEvent announceEvent, AddressFamily family) => _owner!.MakeAnnounce(announceEvent, family);

    /// <inheritdoc/>
    void IAnnouncerOwner.TakePeers(TrackerSnapshot tracker, AnnounceResponse answer)
    {
        foreach (IPEndPoint peer in answer.EncryptedPeers)
            Peers.Directory.HintEncryption(peer);
        AddPeers(answer.Peers, new PeerOrigin(PeerSource.Tracker, tracker.Uri));
    }

    /// <inheritdoc/>
    void IAnnouncerOwner.TrackerChanged(TrackerSnapshot tracker) => _owner?.TrackersChanged();

    /// <inheritdoc/>
    void IAnnouncerOwner.AnnouncerFaulted(Exception fault) => _engine.Faults.EndTorrent(_torrent, "announcer", fault);

    private void AddPeers(IEnumerable<IPEndPoint> peers, PeerOrigin origin)
    {
        if (_owner is { } owner)
            owner.AddPeers(peers, origin);
        else
            Peers.Add(peers, origin);
    }

    /// <summary>Starts the search, unless the network is down. Called with the lock held.</summary>
    private void Look()
    {
        if (_engine.NetworkDown is not null)
            return;
        Trackers.Start();
        Discovery.Start();
    }

    /// <summary>Applies the torrent's own limits and its additional trackers.</summary>
    public void Apply(TorrentChoices choices)
    {
        Limit(choices);
        foreach (Uri tracker in choices.RemovedTrackers)
            Trackers.Remove(tracker);
        foreach (Uri tracker in choices.AddedTrackers)
            Trackers.Add(tracker);
    }

    /// <summary>Applies the torrent's own limits.</summary>
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

    /// <summary>Releases everything; tells the trackers nothing if the swarm was not left before.</summary>
    public async ValueTask DisposeAsync()
    {
        Discovery.Stop();
        Peers.Close("The torrent is stopping.");
        await Trackers.DisposeAsync().ConfigureAwait(false);
        Download.Dispose();
        Upload.Dispose();
    }
}
