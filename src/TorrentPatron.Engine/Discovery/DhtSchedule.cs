using System.Net;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// Schedules the peer searches of torrents: every quarter of an hour, sooner while no peers are found, and spread over time.
/// Guarded by the node's lock; times come from one monotonic clock.
/// </summary>
/// <param name="overlays">The DHT of each IP version.</param>
/// <param name="random">Spreads the searches over time.</param>
/// <param name="announce">Announces a torrent when its search ends; returns the number of nodes.</param>
internal sealed class DhtSchedule(IReadOnlyList<DhtOverlay> overlays, Random random, Func<DhtTorrent, DhtSearch, TimeSpan, int> announce)
{
    /// <summary>Time between two searches for a torrent.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(15);

    /// <summary>The least time between two searches, even if more peers are wanted.</summary>
    public static readonly TimeSpan ShortestInterval = TimeSpan.FromMinutes(1);

    /// <summary>Time until a search that found nobody is repeated; doubles each time.</summary>
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(30);

    private const int MostSearches = 10;

    private readonly DueTorrents<DhtTorrent> _torrents = new();

    /// <summary>The torrents that are being searched for: some ten, since the number of searches is limited.</summary>
    private readonly List<DhtTorrent> _searched = [];

    /// <summary>Number of torrents.</summary>
    public int Torrents => _torrents.Count;

    /// <summary>Searches in progress.</summary>
    public int Searches => _searched.Sum(torrent => torrent.Searches.Count);

    /// <summary>Searches completed.</summary>
    public long SearchesMade { get; private set; }

    /// <summary>Adds a torrent; it is searched for at once or, if no node is known, as soon as one is.</summary>
    public void Add(DhtTorrent torrent, TimeSpan now)
    {
        torrent.Retry = FirstRetry;
        _torrents.Add(torrent, now);
        Turn(now);
    }

    /// <summary>Removes a torrent.</summary>
    public void Remove(DhtTorrent torrent)
    {
        _torrents.Remove(torrent);
        _searched.Remove(torrent);
        foreach (DhtSearch search in torrent.Searches)
            search.Cancel();
        torrent.Searches.Clear();
    }

    /// <summary>Searches for a torrent soon.</summary>
    public void Hurry(DhtTorrent torrent, TimeSpan now)
    {
        TimeSpan soon = torrent.LastSearch is { } last && last + ShortestInterval > now ? last + ShortestInterval : now;
        if (torrent.Searches.Count == 0 && soon < torrent.Due)
            _torrents.Wait(torrent, soon);
        Turn(now);
    }

    /// <summary>Takes a peer that was announced to us for a torrent that we are searching for too.</summary>
    public void Announced(InfoHash infoHash, bool isSeed, IPEndPoint peer)
    {
        if (_torrents.TryFind(infoHash, out DhtTorrent? wanted) && !(isSeed && wanted.IsSeed()))
            wanted.OnPeers([peer], AddressBlock.Of(peer.Address));
    }

    /// <summary>Starts the searches that are due.</summary>
    public void Turn(TimeSpan now)
    {
        foreach (DhtSearch search in _searched.SelectMany(torrent => torrent.Searches).ToArray())
            search.Pump(now);
        if (!overlays.Any(IsReady))
            return;
        while (Searches < MostSearches && _torrents.Next is { } torrent && torrent.Due <= now)
            Search(torrent, now);
    }

    /// <summary>When <see cref="Turn"/> has something to do; null while it waits for answers or nodes.</summary>
    public TimeSpan? NextDue(TimeSpan now)
    {
        bool mayBegin = overlays.Any(IsReady) && Searches < MostSearches;
        TimeSpan? next = mayBegin ? _torrents.Next?.Due : null;
        foreach (DhtSearch search in _searched.SelectMany(torrent => torrent.Searches))
        {
            if (search.Lookup.NextSlow(now) is { } slow && !(next < slow))
                next = slow;
        }

        return next;
    }

    private static bool IsReady(DhtOverlay overlay) => overlay.Table.Count > 0;

    private void Search(DhtTorrent torrent, TimeSpan now)
    {
        // The end of the search sets better values; these only ensure that a fault in it does not starve other torrents.
        _torrents.Wait(torrent, now + Interval);
        if (torrent.Searches.Count > 0)
            return;
        torrent.LastSearch = now;
        torrent.FoundPeers = 0;
        bool noSeeds = torrent.IsSeed();
        DhtSearch[] searches =
        [
            .. overlays.Where(IsReady).Select(overlay =>
                new DhtSearch(overlay, torrent.InfoHash, noSeeds, torrent.OnPeers, (search, then) => Ended(torrent, search, then), now)),
        ];
        torrent.Searches.AddRange(searches);
        _searched.Add(torrent);
        SearchesMade += searches.Length;
        foreach (DhtSearch search in searches)
        {
            search.TakeOwnPeers();
            search.Pump(now);
        }
    }

    private void Ended(DhtTorrent torrent, DhtSearch search, TimeSpan now)
    {
        torrent.Searches.Remove(search);
        torrent.FoundPeers += search.PeersFound;
        int announced = announce(torrent, search, now);
        int hops = search.Lookup.Closest(1, withToken: false) is [{ } nearest] ? nearest.Hops + 1 : 0;
        torrent.LastResult = new DhtSearchResult(
            search.Lookup.Queries, search.Lookup.Answers, hops, search.PeersFound, announced, now - (torrent.LastSearch ?? now));
        if (torrent.Searches.Count > 0)
            return;
        _searched.Remove(torrent);
        if (torrent.FoundPeers > 0)
        {
            torrent.Retry = FirstRetry;
            _torrents.Wait(torrent, now + Interval + random.NextDouble() * ShortestInterval);
            return;
        }

        _torrents.Wait(torrent, now + torrent.Retry);
        torrent.Retry = torrent.Retry * 2 < Interval ? torrent.Retry * 2 : Interval;
    }
}
