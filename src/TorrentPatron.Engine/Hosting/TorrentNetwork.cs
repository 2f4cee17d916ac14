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
internal sealed class TorrentNetwork : IAnnouncerOwner, IAsyncDisposable
{
    /// <summary>Time between two looks at whether trackers can be asked sooner.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    private readonly EngineResources _engine;
    private TorrentId _known;
    private bool _isJoined;
    private readonly TorrentId _torrent;
    private ITorrentNetworkOwner? _owner;
    private Instant _nextLook;
    private bool _hadPeers;

    /// <summary>Makes it, without a word to anybody.</summary>
    /// <param name="command">The start, which names the torrent, its trackers and its DHT nodes.</param>
    /// <param name="engine">What the engine shares.</param>
    public TorrentNetwork(CreateNewTorrent command, EngineResources engine)
    {
        TorrentId torrent = command.TorrentId;
        _known = command.Metainfo?.TorrentId ?? torrent;
        // Each tracker of a link is a tier of its own.
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
    /// <param name="owner">The torrent.</param>
    public void Use(ITorrentNetworkOwner owner) => _owner = owner;

    /// <summary>
    /// More hashes of the torrent are known than those of its link: trackers and those who look for it elsewhere are told of all of them, peers are
    /// met by all of them, and those that were met by version 1 alone are dialled anew, so that both sides go on by version 2.
    /// </summary>
    /// <param name="known">The torrent, with all of its hashes.</param>
    public void Learn(TorrentId known)
    {
        if (known.WireHashes.SequenceEqual(_known.WireHashes))
            return;
        _known = known;
        Peers.Known = known;
        Trackers.Learn(known);
        Discovery.Learn(known);
    }

    /// <summary>Begins to look for peers, by the trackers and otherwise, and to be found.</summary>
    public void Join()
    {
        lock (this)
        {
            _isJoined = true;
            Look();
        }
    }

    /// <summary>What the network is bound to has gone, or has another address: ends the connections and asks nobody, without a word.</summary>
    public void Drop(string reason)
    {
        lock (this)
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
        lock (this)
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
