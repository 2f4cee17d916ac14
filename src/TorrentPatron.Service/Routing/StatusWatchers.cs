using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>
/// The watchers of an engine's torrents. Watchers of one torrent are indexed by it, so that ten thousand waits for as many torrents cost one
/// look-up for each status. Thread-safe.
/// </summary>
internal sealed class StatusWatchers
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TorrentId, List<IStatusWatcher>> _ofOne = [];
    private readonly List<IStatusWatcher> _ofMany = [];
    private bool _isOver;

    /// <summary>Adds a watcher.</summary>
    public void Add(IStatusWatcher watcher)
    {
        lock (_gate)
        {
            if (_isOver)
                watcher.End();
            else if (watcher.Torrent is not { } torrent)
                _ofMany.Add(watcher);
            else if (_ofOne.TryGetValue(torrent, out List<IStatusWatcher>? others))
                others.Add(watcher);
            else
                _ofOne.Add(torrent, [watcher]);
        }
    }

    /// <summary>Removes a watcher.</summary>
    public void Remove(IStatusWatcher watcher)
    {
        lock (_gate)
        {
            if (watcher.Torrent is not { } torrent)
                _ofMany.Remove(watcher);
            else if (_ofOne.TryGetValue(torrent, out List<IStatusWatcher>? watchers) && watchers.Remove(watcher) && watchers.Count == 0)
                _ofOne.Remove(torrent);
        }
    }

    /// <summary>Shows a status to the watchers of its torrent.</summary>
    /// <param name="of">The torrent.</param>
    /// <param name="status">Its status.</param>
    /// <param name="isLast">Whether the engine has released the torrent.</param>
    public void See(TorrentId of, TorrentStatus status, bool isLast)
    {
        lock (_gate)
        {
            foreach (IStatusWatcher watcher in _ofOne.GetValueOrDefault(of) ?? [])
                watcher.See(of, status, isLast);
            foreach (IStatusWatcher watcher in _ofMany)
                watcher.See(of, status, isLast);
        }
    }

    /// <summary>Ends all watchers, present and future.</summary>
    public void EndAll()
    {
        lock (_gate)
        {
            _isOver = true;
            foreach (IStatusWatcher watcher in _ofOne.Values.SelectMany(watchers => watchers).Concat(_ofMany))
                watcher.End();
        }
    }
}
