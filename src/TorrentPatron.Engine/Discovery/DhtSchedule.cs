using System.Net;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Discovery;

/// <summary>
/// When which torrent's peers are looked for: every quarter of an hour, sooner while none are found, and not all at once.
/// Guarded by the node's lock; times are those of one monotonic clock.
/// </summary>
/// <param name="overlays">The DHTs, by IP version.</param>
/// <param name="random">Spreads the searches over time.</param>
/// <param name="announce">Announces a torrent at the end of a search for it; tells at how many nodes.</param>
internal sealed class DhtSchedule(IReadOnlyList<DhtOverlay> overlays, Random random, Func<DhtTorrent, DhtSearch, TimeSpan, int> announce)
{
    /// <summary>Time between two searches for a torrent.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(15);

    /// <summary>Time between two searches at least, however much more peers are wanted.</summary>
    public static readonly TimeSpan ShortestInterval = TimeSpan.FromMinutes(1);

    /// <summary>Time after which a search that has found nobody is made again; each time it doubles.</summary>
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(30);

    private const int MostSearches = 10;

    private readonly List<DhtTorrent> _torrents = [];

    /// <summary>Number of torrents.</summary>
    public int Torrents => _torrents.Count;

    /// <summary>Searches under way.</summary>
    public int Searches => _torrents.Sum(torrent => torrent.Searches.Count);

    /// <summary>Searches made.</summary>
    public long SearchesMade { get; private set; }

    /// <summary>Takes a torrent; it is searched for at once or, where no node is known, as soon as one is.</summary>
    public void Add(DhtTorrent torrent, TimeSpan now)
    {
        (torrent.Due, torrent.Retry) = (now, FirstRetry);
        _torrents.Add(torrent);
        Turn(now);
    }

    /// <summary>Forgets a torrent.</summary>
    public void Remove(DhtTorrent torrent)
    {
        _torrents.Remove(torrent);
        foreach (DhtSearch search in torrent.Searches)
            search.Cancel();
        torrent.Searches.Clear();
    }

    /// <summary>Searches for a torrent soon.</summary>
    public void Hurry(DhtTorrent torrent, TimeSpan now)
    {
        TimeSpan soon = torrent.LastSearch is { } last && last + ShortestInterval > now ? last + ShortestInterval : now;
        if (soon < torrent.Due)
            torrent.Due = soon;
        Turn(now);
    }

    /// <summary>A peer has been announced to us: where we look for that torrent ourselves, it is found.</summary>
    public void Announced(InfoHash infoHash, bool isSeed, IPEndPoint peer)
    {
        if (_torrents.Find(torrent => torrent.InfoHash == infoHash) is { } wanted && !(isSeed && wanted.IsSeed()))
            wanted.OnPeers([peer], AddressBlock.Of(peer.Address));
    }

    /// <summary>Does what is due.</summary>
    public void Turn(TimeSpan now)
    {
        foreach (DhtSearch search in _torrents.SelectMany(torrent => torrent.Searches).ToArray())
            search.Pump(now);
        if (!overlays.Any(IsReady))
            return;
        foreach (DhtTorrent torrent in _torrents.Where(torrent => torrent.Due <= now && torrent.Searches.Count == 0).OrderBy(torrent => torrent.Due).ToArray())
        {
            if (Searches >= MostSearches)
                return;
            Search(torrent, now);
        }
    }

    /// <summary>When <see cref="Turn"/> has something to do; null where it waits for answers, or for nodes.</summary>
    public TimeSpan? NextDue(TimeSpan now)
    {
        TimeSpan? next = null;
        bool mayBegin = overlays.Any(IsReady) && Searches < MostSearches;
        foreach (DhtTorrent torrent in _torrents)
        {
            foreach (DhtSearch search in torrent.Searches)
            {
                if (search.Lookup.NextSlow(now) is { } slow && !(next < slow))
                    next = slow;
            }

            if (mayBegin && torrent.Searches.Count == 0 && !(next < torrent.Due))
                next = torrent.Due;
        }

        return next;
    }

    private static bool IsReady(DhtOverlay overlay) => overlay.Table.Count > 0;

    private void Search(DhtTorrent torrent, TimeSpan now)
    {
        // Its end says better; but a fault in it must not keep others from their turn.
        (torrent.LastSearch, torrent.Due) = (now, now + Interval);
        torrent.FoundPeers = 0;
        bool noSeeds = torrent.IsSeed();
        DhtSearch[] searches =
        [
            .. overlays.Where(IsReady).Select(overlay =>
                new DhtSearch(overlay, torrent.InfoHash, noSeeds, torrent.OnPeers, (search, then) => Ended(torrent, search, then), now)),
        ];
        torrent.Searches.AddRange(searches);
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
            search.Lookup.Questions, search.Lookup.Answers, hops, search.PeersFound, announced, now - (torrent.LastSearch ?? now));
        if (torrent.Searches.Count > 0)
            return;
        if (torrent.FoundPeers > 0)
        {
            torrent.Retry = FirstRetry;
            torrent.Due = now + Interval + random.NextDouble() * ShortestInterval;
            return;
        }

        torrent.Due = now + torrent.Retry;
        torrent.Retry = torrent.Retry * 2 < Interval ? torrent.Retry * 2 : Interval;
    }
}
