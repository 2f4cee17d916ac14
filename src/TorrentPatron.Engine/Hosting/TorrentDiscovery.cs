using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Discovery;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// Finds the peers of one torrent without its trackers: in the DHT, in the local network, and by peer exchange. Does nothing for
/// a private torrent (BEP 27). Thread-safe.
/// </summary>
internal sealed class TorrentDiscovery
{
    /// <summary>The number of connected peers below which the next search is brought forward.</summary>
    private const int FewPeers = 5;

    /// <summary>The most DHT nodes remembered from .torrents and links of the torrent; the latest are kept.</summary>
    private const int MostDhtNodes = 4 * MetainfoReader.MaxDhtNodes;

    private readonly EngineResources _engine;
    private readonly TorrentId _torrent;
    private (InfoHash Hash, PeerSearch Search)[] _searches = [];
    private TorrentId _known;
    private readonly PeerSet _peers;
    private readonly Action<IReadOnlyList<IPEndPoint>, PeerOrigin> _onPeers;
    private readonly Func<bool> _isSeed;
    private HostEndPoint[] _dhtNodes;
    private readonly PeerExchange _exchange;
    private readonly Holepunch _holepunch;
    private bool _isPrivate;
    private bool _isStarted;
    private TimeSpan _lastHurry;

    /// <summary>Creates the discovery, which sends nothing before <see cref="Start"/>.</summary>
    /// <param name="engine">The engine's shared resources.</param>
    /// <param name="torrent">The torrent.</param>
    /// <param name="isPrivate">Whether it is private.</param>
    /// <param name="peers">The peers.</param>
    /// <param name="onPeers">Takes the addresses found.</param>
    /// <param name="isSeed">Returns whether we have every piece. Called with a lock held; must not call back.</param>
    /// <param name="dhtNodes">DHT nodes that the torrent names.</param>
    public TorrentDiscovery(
        EngineResources engine, TorrentId torrent, bool isPrivate, PeerSet peers, Action<IReadOnlyList<IPEndPoint>, PeerOrigin> onPeers,
        Func<bool> isSeed, IReadOnlyCollection<HostEndPoint> dhtNodes)
    {
        _engine = engine;
        _torrent = _known = torrent;
        _isPrivate = isPrivate;
        _peers = peers;
        _onPeers = onPeers;
        _isSeed = isSeed;
        _dhtNodes = [.. dhtNodes];
        Func<IReadOnlyList<PeerConnection>> connected = () => peers.Connected;
        _exchange = new PeerExchange(connected, TakeExchanged, engine.Time);
        _holepunch = new Holepunch(connected, Punch, engine.Time);
        if (isPrivate)
            return;
        peers.Extensions.Set(_exchange);
        peers.Extensions.Set(_holepunch);
        peers.DialFailed = AskRelay;
        peers.SharesDht = engine.Finder is { HasDht: true };
    }

    /// <summary>Starts looking for peers.</summary>
    public void Start()
    {
        lock (this)
        {
            _isStarted = true;
            if (_isPrivate)
                return;
            Search();
        }

        _engine.Finder?.AddDhtNodes(Volatile.Read(ref _dhtNodes));
    }

    /// <summary>Adds newly known hashes of the torrent to the search.</summary>
    /// <param name="known">The torrent, with all of its hashes.</param>
    public void Learn(TorrentId known)
    {
        lock (this)
        {
            _known = known;
            if (_isStarted && !_isPrivate)
                Search();
        }
    }

    /// <summary>Takes DHT nodes from another .torrent or link of the torrent.</summary>
    public void AddDhtNodes(IReadOnlyCollection<HostEndPoint> nodes)
    {
        lock (this)
        {
            if (_isPrivate)
                return;
            Volatile.Write(ref _dhtNodes, [.. _dhtNodes.Except(nodes).Concat(nodes).Distinct().TakeLast(MostDhtNodes)]);
            if (!_isStarted)
                return;
        }

        _engine.Finder?.AddDhtNodes(nodes);
    }

    /// <summary>Stops looking for peers.</summary>
    public void Stop()
    {
        PeerSearch[] searches;
        lock (this)
        {
            _isStarted = false;
            searches = Array.ConvertAll(_searches, static known => known.Search);
            _searches = [];
        }

        foreach (PeerSearch search in searches)
            search.Dispose();
    }

    /// <summary>Called when the torrent turns out to be private: ends all searches and forgets the peers they found.</summary>
    public void BecomePrivate()
    {
        lock (this)
        {
            if (_isPrivate)
                return;
            _isPrivate = true;
        }

        Stop();
        _peers.SharesDht = false;
        _peers.Extensions.Remove(_exchange);
        _peers.Extensions.Remove(_holepunch);
        _peers.DialFailed = null;
        _peers.Directory.ForgetAllOf(PeerSource.Dht, PeerSource.PeerExchange, PeerSource.LocalDiscovery, PeerSource.Saved);
    }

    /// <summary>Does the work that is due; called about once a second.</summary>
    public void Tick()
    {
        PeerSearch[] searches;
        lock (this)
        {
            if (!_isStarted || _isPrivate)
                return;
            searches = Array.ConvertAll(_searches, static known => known.Search);
        }

        _exchange.Tick();
        TimeSpan now = _engine.Time.GetElapsedTime(0);
        if (now - _lastHurry < DhtSchedule.ShortestInterval || _peers.Connected.Count >= FewPeers || _isSeed())
            return;
        _lastHurry = now;
        foreach (PeerSearch search in searches)
            search.Hurry();
    }

    /// <summary>
    /// Searches by both hashes of a hybrid torrent: peers that support only version 2 know just one. Called with the lock held.
    /// </summary>
    private void Search()
    {
        if (_engine.Finder is not { } finder)
            return;
        foreach (InfoHash hash in _known.WireHashes)
        {
            if (!Array.Exists(_searches, known => known.Hash == hash))
                _searches = [.. _searches, (hash, finder.Find(hash, _isSeed, Take))];
        }
    }

    private void AskRelay(IPEndPoint endPoint) => _holepunch.TryAsk(endPoint);

    private void Punch(AddressBlock relay, IPEndPoint endPoint)
    {
        Take([endPoint], new PeerOrigin(PeerSource.PeerExchange, relay));
        _peers.Punch(endPoint);
    }

    private void TakeExchanged(PeerConnection by, IReadOnlyList<PexPeer> named)
    {
        _holepunch.NoteIntroduced(by, named);
        foreach (PexPeer peer in named)
        {
            if (peer.Flags.HasFlag(PexFlags.PrefersEncryption))
                _peers.Directory.HintEncryption(peer.EndPoint);
        }

        Take([.. named.Select(peer => peer.EndPoint)], new PeerOrigin(PeerSource.PeerExchange, AddressBlock.Of(by.RemoteEndPoint.Address)));
        foreach (PexPeer peer in named)
        {
            if (peer.Flags.HasFlag(PexFlags.SupportsUtp))
                _peers.Directory.HintUtp(peer.EndPoint);
        }
    }

    private void Take(IReadOnlyList<IPEndPoint> peers, PeerOrigin origin)
    {
        lock (this)
        {
            if (!_isStarted || _isPrivate)
                return;
        }

        try
        {
            _onPeers(peers, origin);
        }
#pragma warning disable CA1031 // The discovery that found the peers serves other torrents too.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _engine.Faults.EndTorrent(_torrent, "peer discovery", e);
        }
    }
}
