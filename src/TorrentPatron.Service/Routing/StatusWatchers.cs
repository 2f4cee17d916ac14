using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>
/// Who watches the torrents of an engine. Those who watch one torrent are found by it, so that ten thousand waits for as many
/// torrents cost no more than one each. Thread-safe.
/// </summary>
internal sealed class StatusWatchers
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TorrentId, List<IStatusWatcher>> _ofOne = [];
    private readonly List<IStatusWatcher> _ofMany = [];
    private bool _isOver;

    /// <summary>Lets a watcher see from now on.</summary>
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

    /// <summary>Lets a watcher see no more.</summary>
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

    /// <summary>Shows a status to those whom it concerns.</summary>
    /// <param name="of">Which torrent's.</param>
    /// <param name="status">Its status.</param>
    /// <param name="isLast">Whether the engine has let go of the torrent.</param>
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

    /// <summary>There will be no more, for those who watch and those who come later.</summary>
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
