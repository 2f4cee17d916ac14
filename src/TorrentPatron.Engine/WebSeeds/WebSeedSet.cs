using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.WebSeeds;

/// <summary>The web seeds of one torrent (BEP 19), including active and banned ones. Thread-safe.</summary>
/// <param name="torrent">The resources they share.</param>
/// <param name="warn">Takes warnings for the user. Called without a lock held.</param>
internal sealed class WebSeedSet(WebSeedTorrent torrent, Action<TorrentError> warn)
{
    /// <summary>The most web seeds of a torrent; added ones come first.</summary>
    private const int Most = 100;

    /// <summary>The most web seeds used at once; the others replace those that fail.</summary>
    private const int MostActive = 8;

    /// <summary>The shortest time between two searches for blocks that others have released.</summary>
    private static readonly TimeSpan WakeInterval = TimeSpan.FromMilliseconds(100);

    private volatile WebSeed[] _seeds = [];
    private bool _isOpen;
    private Instant _lastWake;

    /// <summary>The web seeds as sources of blocks.</summary>
    public IEnumerable<IBlockSource> Sources => _seeds;

    /// <summary>Snapshots, in order.</summary>
    public IReadOnlyList<WebSeedSnapshot> Snapshots() => Array.ConvertAll(_seeds, static seed => seed.Snapshot());

    /// <summary>Warnings about the banned ones.</summary>
    public IEnumerable<TorrentError> Warnings => _seeds.Where(static seed => seed.IsBanned).Select(Banned);

    /// <summary>Sets the web seeds. Existing ones that remain continue.</summary>
    /// <param name="own">The addresses that the torrent names.</param>
    /// <param name="added">Addresses that a user added.</param>
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

    /// <summary>Starts requesting.</summary>
    public void Open()
    {
        lock (this)
            _isOpen = true;
        foreach (WebSeed seed in _seeds)
            seed.Open();
        Pump();
    }

    /// <summary>Stops requesting.</summary>
    public void Halt()
    {
        lock (this)
            _isOpen = false;
        foreach (WebSeed seed in _seeds)
            seed.Close();
    }

    /// <summary>Stops requesting.</summary>
    /// <returns>Completes when no request is in progress any more.</returns>
    public Task CloseAsync()
    {
        Halt();
        return Task.WhenAll(_seeds.Select(static seed => seed.EndAsync()));
    }

    /// <summary>Does the work that is due; called about once a second.</summary>
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

    /// <summary>Called when blocks may have become free.</summary>
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

    /// <summary>Called when the network's route has changed: closes connections.</summary>
    public void DropConnections()
    {
        foreach (WebSeed seed in _seeds)
            seed.DropConnections();
    }

    /// <summary>Bans the web seeds among some sources, because they sent wrong data.</summary>
    public void Ban(IEnumerable<IBlockSource> sources)
    {
        foreach (WebSeed seed in sources.OfType<WebSeed>())
        {
            if (seed.TryBan())
                warn(Banned(seed));
        }

        // Another one replaces it at once.
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
