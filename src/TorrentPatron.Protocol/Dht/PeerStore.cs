using System.Net;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// The peers that have announced themselves to a DHT node (BEP 5), one for each internet address and torrent (BEP 33). Bounded;
/// peers that are not announced again expire. If there is no room, the oldest entry of the host with the most is removed, so that
/// a few hosts cannot keep others out. Not thread-safe; times come from one monotonic clock.
/// </summary>
/// <param name="random">Chooses the peers to return if there are many.</param>
public sealed class PeerStore(Random random)
{
    /// <summary>The most torrents.</summary>
    public const int MaxTorrents = 2_000;

    /// <summary>The most peers of one torrent.</summary>
    public const int MaxPeersOfTorrent = 500;

    /// <summary>The most peers of all torrents.</summary>
    public const int MaxPeers = 20_000;

    /// <summary>The most peers of one host (<see cref="AddressBlock"/>), except this machine, in all torrents.</summary>
    public const int MaxPeersOfHost = 100;

    /// <summary>Time after which a peer expires unless it announces itself again. Clients do so every 15 to 30 minutes.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(45);

    private readonly Dictionary<InfoHash, Dictionary<IPEndPoint, Entry>> _torrents = [];

    /// <summary>The announces of each host, oldest first.</summary>
    private readonly Dictionary<AddressBlock, LinkedList<Entry>> _hosts = [];

    /// <summary>Number of torrents.</summary>
    public int TorrentCount => _torrents.Count;

    /// <summary>Number of peers of all torrents.</summary>
    public int PeerCount { get; private set; }

    /// <summary>Adds or renews a peer.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="isSeed">Whether it has every piece.</param>
    /// <param name="now">The time.</param>
    public void Add(InfoHash torrent, IPEndPoint peer, bool isSeed, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(peer);
        IPEndPoint key = KeyOf(peer);
        if (_torrents.TryGetValue(torrent, out Dictionary<IPEndPoint, Entry>? peers) && peers.TryGetValue(key, out Entry? known))
            Remove(known);
        AddressBlock host = AddressBlock.Of(peer.Address);
        if (_hosts.TryGetValue(host, out LinkedList<Entry>? own) && own.Count >= MaxPeersOfHost && AddressReaches.Of(peer.Address) != AddressReach.Loopback)
            Remove(own.First!.Value);
        MakeRoom(torrent);

        if (!_torrents.TryGetValue(torrent, out peers))
            _torrents[torrent] = peers = [];
        if (!_hosts.TryGetValue(host, out LinkedList<Entry>? entries))
            _hosts[host] = entries = new LinkedList<Entry>();
        var entry = new Entry(torrent, key, peer, isSeed, now);
        peers.Add(key, entry);
        entries.AddLast(entry.Place);
        PeerCount++;
    }

    /// <summary>Some peers of a torrent, chosen at random if there are more.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="count">The most peers to return.</param>
    /// <param name="noSeeds">Whether to exclude seeds.</param>
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

    /// <summary>The filters of a torrent's seeds and of its other peers (BEP 33); null if the torrent is unknown.</summary>
    public (ScrapeFilter Seeds, ScrapeFilter Peers)? Scrape(InfoHash torrent)
    {
        if (!_torrents.TryGetValue(torrent, out Dictionary<IPEndPoint, Entry>? peers))
            return null;

        (ScrapeFilter Seeds, ScrapeFilter Peers) filters = (new ScrapeFilter(), new ScrapeFilter());
        foreach (Entry peer in peers.Values)
            (peer.IsSeed ? filters.Seeds : filters.Peers).Add(peer.EndPoint.Address);
        return filters;
    }

    /// <summary>Some torrents, chosen at random if there are more (BEP 51).</summary>
    /// <param name="count">The most torrents to return.</param>
    public IReadOnlyList<InfoHash> Sample(int count)
    {
        InfoHash[] torrents = [.. _torrents.Keys];
        if (torrents.Length <= count)
            return torrents;
        random.Shuffle(torrents);
        return torrents[..count];
    }

    /// <summary>Removes the peers that have not announced themselves again.</summary>
    public void Expire(TimeSpan now)
    {
        foreach (LinkedList<Entry> entries in _hosts.Values.ToArray())
        {
            while (entries.First is { } first && now - first.Value.Since >= Lifetime)
                Remove(first.Value);
        }
    }

    /// <summary>Removes entries if the limit of a torrent, of all peers or of all torrents is reached.</summary>
    private void MakeRoom(InfoHash torrent)
    {
        if (_torrents.TryGetValue(torrent, out Dictionary<IPEndPoint, Entry>? peers))
        {
            if (peers.Count >= MaxPeersOfTorrent)
                Remove(OldestOfMostCrowded(peers.Values));
        }
        else if (_torrents.Count >= MaxTorrents)
        {
            RemoveTorrent();
        }

        if (PeerCount >= MaxPeers)
            Remove(_hosts.Values.MaxBy(entries => (entries.Count, -entries.First!.Value.Since))!.First!.Value);
    }

    /// <summary>
    /// Removes the torrent whose peers, on average, come from the most crowded hosts: torrents that nobody else has announced go
    /// first.
    /// </summary>
    private void RemoveTorrent()
    {
        Entry[] alone = [.. _torrents.Values.Where(peers => peers.Count == 1).Select(peers => peers.Values.First())];
        Dictionary<IPEndPoint, Entry> leaving = alone.Length > 0
            ? _torrents[OldestOfMostCrowded(alone).Torrent]
            : _torrents.Values.MinBy(peers => peers.Count)!;
        foreach (Entry entry in leaving.Values.ToArray())
            Remove(entry);
    }

    private static Entry OldestOfMostCrowded(IReadOnlyCollection<Entry> entries)
    {
        Dictionary<AddressBlock, int> counts = entries.CountBy(entry => AddressBlock.Of(entry.EndPoint.Address)).ToDictionary();
        int most = counts.Values.Max();
        return entries.Where(entry => counts[AddressBlock.Of(entry.EndPoint.Address)] == most).MinBy(entry => entry.Since)!;
    }

    private void Remove(Entry entry)
    {
        Dictionary<IPEndPoint, Entry> peers = _torrents[entry.Torrent];
        peers.Remove(entry.Key);
        if (peers.Count == 0)
            _torrents.Remove(entry.Torrent);
        LinkedList<Entry> entries = entry.Place.List!;
        entries.Remove(entry.Place);
        if (entries.Count == 0)
            _hosts.Remove(AddressBlock.Of(entry.EndPoint.Address));
        PeerCount--;
    }

    // On one machine or local network many peers with one address are normal, for example in tests.
    private static IPEndPoint KeyOf(IPEndPoint peer) =>
        AddressReaches.Of(peer.Address) == AddressReach.Global ? new IPEndPoint(peer.Address, 0) : peer;

    private sealed class Entry
    {
        public Entry(InfoHash torrent, IPEndPoint key, IPEndPoint endPoint, bool isSeed, TimeSpan since)
        {
            (Torrent, Key, EndPoint, IsSeed, Since) = (torrent, key, endPoint, isSeed, since);
            Place = new LinkedListNode<Entry>(this);
        }

        public InfoHash Torrent { get; }

        public IPEndPoint Key { get; }

        public IPEndPoint EndPoint { get; }

        public bool IsSeed { get; }

        public TimeSpan Since { get; }

        /// <summary>Its position among its host's announces.</summary>
        public LinkedListNode<Entry> Place { get; }
    }
}
