using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.WebSeeds;

/// <summary>The web seeds of one torrent (BEP 19): which there are, which of them are asked, and which were shut out. Thread-safe.</summary>
/// <param name="torrent">What they share.</param>
/// <param name="warn">Takes what a person should know. Called without a lock held.</param>
internal sealed class WebSeedSet(WebSeedTorrent torrent, Action<TorrentError> warn)
{
    /// <summary>Web seeds that a torrent has at most; those that were added come first.</summary>
    private const int Most = 100;

    /// <summary>Web seeds of a torrent that are asked at once; the others stand by for those that fail.</summary>
    private const int MostActive = 8;

    /// <summary>The shortest time between two looks for something to fetch that others have given up.</summary>
    private static readonly TimeSpan WakeInterval = TimeSpan.FromMilliseconds(100);

    private volatile WebSeed[] _seeds = [];
    private bool _isOpen;
    private Instant _lastWake;

    /// <summary>The web seeds as sources of blocks.</summary>
    public IEnumerable<IBlockSource> Sources => _seeds;

    /// <summary>How they stand, in their order.</summary>
    public IReadOnlyList<WebSeedSnapshot> Snapshots() => Array.ConvertAll(_seeds, static seed => seed.Snapshot());

    /// <summary>Those that were shut out, as warnings.</summary>
    public IEnumerable<TorrentError> Warnings => _seeds.Where(static seed => seed.IsBanned).Select(Banned);

    /// <summary>Says which web seeds there are from now on. Those that stay go on.</summary>
    /// <param name="own">The addresses that the torrent names.</param>
    /// <param name="added">Addresses that were added by hand.</param>
    public void Set(IEnumerable<Uri> own, IEnumerable<Uri> added)
    {
        WebSeed[] gone, seeds;
        bool isOpen;
        lock (this)
        {
            WebSeed[] before = _seeds;
            HashSet<Uri> byHand = [.. added];
            _seeds = seeds =
            [
                .. byHand.Concat(own).Distinct().Take(Most).Select(address =>
                    Array.Find(before, seed => seed.Address == address && seed.IsAdded == byHand.Contains(address))
                        ?? new WebSeed(address, byHand.Contains(address), torrent)),
            ];
            gone = [.. before.Except(seeds)];
            isOpen = _isOpen;
        }

        foreach (WebSeed seed in gone)
            seed.Close();
        if (isOpen)
            Open();
    }

    /// <summary>Asks for what is wanted from now on.</summary>
    public void Open()
    {
        lock (this)
            _isOpen = true;
        foreach (WebSeed seed in _seeds)
            seed.Open();
        Pump();
    }

    /// <summary>Asks for nothing more.</summary>
    public void Halt()
    {
        lock (this)
            _isOpen = false;
        foreach (WebSeed seed in _seeds)
            seed.Close();
    }

    /// <summary>Asks for nothing more.</summary>
    /// <returns>When nothing is under way any more.</returns>
    public Task CloseAsync()
    {
        Halt();
        return Task.WhenAll(_seeds.Select(static seed => seed.EndAsync()));
    }

    /// <summary>Does what is due; called about once a second.</summary>
    public void Tick()
    {
        if (_seeds.Length == 0)
            return;
        if (torrent.Selection.IsComplete)
        {
            foreach (WebSeed seed in _seeds)
                seed.Rest();
        }
        else
        {
            Pump();
        }
    }

    /// <summary>Something to fetch may be free, which was not.</summary>
    public void Wake()
    {
        if (_seeds.Length == 0)
            return;
        Instant now = Instant.Now(torrent.Engine.Time);
        lock (this)
        {
            if (now - _lastWake < WakeInterval)
                return;
            _lastWake = now;
        }

        Pump();
    }

    /// <summary>The network goes another way: connections end.</summary>
    public void DropConnections()
    {
        foreach (WebSeed seed in _seeds)
            seed.DropConnections();
    }

    /// <summary>Shuts out those among some sources that are web seeds: they have sent wrong data.</summary>
    public void Ban(IEnumerable<IBlockSource> sources)
    {
        foreach (WebSeed seed in sources.OfType<WebSeed>())
        {
            if (seed.TryBan())
                warn(Banned(seed));
        }

        // Another one stands in at once.
        Pump();
    }

    private void Pump()
    {
        lock (this)
        {
            if (!_isOpen)
                return;
        }

        if (torrent.Engine.NetworkDown is not null || torrent.Selection.IsComplete)
            return;
        WebSeed[] seeds = _seeds;
        int active = seeds.Count(static seed => seed.IsActive);
        foreach (WebSeed seed in seeds)
        {
            bool wasActive = seed.IsActive;
            if ((wasActive || active < MostActive) && seed.Pump() && !wasActive)
                active++;
        }
    }

    private TorrentError Banned(WebSeed seed) => new(
        TorrentErrorId.WebSeedBanned, $"The web seed {seed.Name} sent corrupt data for '{torrent.Metainfo.Name}' and is not used any more.",
        "The download continues from other sources. Remove it with Remove-TorrentWebSeed, and tell the server's operator.");
}
