using System.Net;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// The peers that have announced themselves to a DHT node (BEP 5), one of each internet address and torrent (BEP 33). Bounded, and what
/// is not announced again goes. Not thread-safe; times are those of one monotonic clock.
/// </summary>
/// <param name="random">Chooses which peers are given where there are many.</param>
public sealed class PeerStore(Random random)
{
    /// <summary>Most torrents.</summary>
    public const int MaxTorrents = 2_000;

    /// <summary>Most peers of one torrent.</summary>
    public const int MaxPeersOfTorrent = 500;

    /// <summary>Most peers of all torrents.</summary>
    public const int MaxPeers = 20_000;

    /// <summary>Time after which a peer goes that has not announced itself again. Clients do so after 15 to 30 minutes.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(45);

    private readonly Dictionary<InfoHash, Dictionary<IPEndPoint, Entry>> _torrents = [];

    /// <summary>Number of torrents.</summary>
    public int TorrentCount => _torrents.Count;

    /// <summary>Number of peers of all torrents.</summary>
    public int PeerCount { get; private set; }

    /// <summary>Takes a peer, or notes that it is there still.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="isSeed">Whether it has everything.</param>
    /// <param name="now">The time.</param>
    /// <returns>False where there is no room.</returns>
    public bool Add(InfoHash torrent, IPEndPoint peer, bool isSeed, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (!_torrents.TryGetValue(torrent, out Dictionary<IPEndPoint, Entry>? peers))
        {
            if (_torrents.Count >= MaxTorrents || PeerCount >= MaxPeers)
                return false;
            _torrents[torrent] = peers = [];
        }

        IPEndPoint key = KeyOf(peer);
        bool isKnown = peers.ContainsKey(key);
        if (!isKnown && (peers.Count >= MaxPeersOfTorrent || PeerCount >= MaxPeers))
            return false;
        peers[key] = new Entry(peer, isSeed, now);
        PeerCount += isKnown ? 0 : 1;
        return true;
    }

    /// <summary>Whether a peer of a torrent could be taken; if not, no token is given for it (BEP 33).</summary>
    public bool HasRoom(InfoHash torrent) => PeerCount < MaxPeers
        && (_torrents.TryGetValue(torrent, out Dictionary<IPEndPoint, Entry>? peers) ? peers.Count < MaxPeersOfTorrent : _torrents.Count < MaxTorrents);

    /// <summary>Some peers of a torrent, by chance where there are more.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="noSeeds">Whether seeds are left out.</param>
    public IReadOnlyList<IPEndPoint> Find(InfoHash torrent, int count, bool noSeeds)
    {
        if (!_torrents.TryGetValue(torrent, out Dictionary<IPEndPoint, Entry>? peers))
            return [];

        IPEndPoint[] found = [.. peers.Values.Where(peer => !noSeeds || !peer.IsSeed).Select(peer => peer.EndPoint)];
        if (found.Length <= count)
            return found;
        random.Shuffle(found);
        return found[..count];
    }

    /// <summary>The filters of a torrent's seeds and of its other peers (BEP 33); null where the torrent is not known.</summary>
    public (ScrapeFilter Seeds, ScrapeFilter Peers)? Scrape(InfoHash torrent)
    {
        if (!_torrents.TryGetValue(torrent, out Dictionary<IPEndPoint, Entry>? peers))
            return null;

        (ScrapeFilter Seeds, ScrapeFilter Peers) filters = (new ScrapeFilter(), new ScrapeFilter());
        foreach (Entry peer in peers.Values)
            (peer.IsSeed ? filters.Seeds : filters.Peers).Add(peer.EndPoint.Address);
        return filters;
    }

    /// <summary>Some torrents, by chance where there are more (BEP 51).</summary>
    /// <param name="count">How many at most.</param>
    public IReadOnlyList<InfoHash> Sample(int count)
    {
        InfoHash[] torrents = [.. _torrents.Keys];
        if (torrents.Length <= count)
            return torrents;
        random.Shuffle(torrents);
        return torrents[..count];
    }

    /// <summary>Forgets the peers that have not announced themselves again.</summary>
    public void Expire(TimeSpan now)
    {
        foreach ((InfoHash torrent, Dictionary<IPEndPoint, Entry> peers) in _torrents)
        {
            foreach ((IPEndPoint key, Entry peer) in peers)
            {
                if (now - peer.Since >= Lifetime && peers.Remove(key))
                    PeerCount--;
            }

            if (peers.Count == 0)
                _torrents.Remove(torrent);
        }
    }

    // On one machine or network many peers of one address are nothing strange: that is where such things are tried out.
    private static IPEndPoint KeyOf(IPEndPoint peer) =>
        AddressReaches.Of(peer.Address) == AddressReach.Global ? new IPEndPoint(peer.Address, 0) : peer;

    private readonly record struct Entry(IPEndPoint EndPoint, bool IsSeed, TimeSpan Since);
}
