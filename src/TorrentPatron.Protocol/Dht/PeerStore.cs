using System.Net;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// The peers that have announced themselves to a DHT node (BEP 5), one of each internet address and torrent (BEP 33). Bounded, and what
/// is not announced again goes. Where there is no room, the oldest of the host that has most makes way, so that few hosts cannot keep
/// others out. Not thread-safe; times come from one monotonic clock.
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

    /// <summary>Most peers of one host (<see cref="AddressBlock"/>) but this machine, in all torrents.</summary>
    public const int MaxPeersOfHost = 100;

    /// <summary>Time after which a peer goes that has not announced itself again. Clients do so after 15 to 30 minutes.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(45);

    private readonly Dictionary<InfoHash, Dictionary<IPEndPoint, Entry>> _torrents = [];

    /// <summary>What each host has announced, the oldest first.</summary>
    private readonly Dictionary<AddressBlock, LinkedList<Entry>> _hosts = [];

    /// <summary>Number of torrents.</summary>
    public int TorrentCount => _torrents.Count;

    /// <summary>Number of peers of all torrents.</summary>
    public int PeerCount { get; private set; }

    /// <summary>Takes a peer, or notes that it is there still.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="isSeed">Whether it has everything.</param>
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
        foreach (LinkedList<Entry> entries in _hosts.Values.ToArray())
        {
            while (entries.First is { } first && now - first.Value.Since >= Lifetime)
                Remove(first.Value);
        }
    }

    /// <summary>Lets others make way where all places of a torrent, of all peers or of all torrents are taken.</summary>
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

    /// <summary>Removes the torrent whose peers, on the whole, come from the most crowded hosts: those that nobody else has announced go first.</summary>
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

    // On one machine or network many peers of one address are nothing strange: that is where such things are tried out.
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

        /// <summary>Its place among what its host has announced.</summary>
        public LinkedListNode<Entry> Place { get; }
    }
}
