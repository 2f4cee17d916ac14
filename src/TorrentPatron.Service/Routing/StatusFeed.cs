using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>
/// Watches the statuses of many torrents, of any patron. It keeps the latest unread status of each torrent, so that a slow reader costs no
/// memory and still gets every torrent's last status. Ends with the chosen torrents, or with the engine. Thread-safe.
/// </summary>
/// <param name="torrents">The torrents; null means all, including later ones.</param>
/// <param name="leave">Called at its end.</param>
internal sealed class StatusFeed(IReadOnlyCollection<TorrentId>? torrents, Action<IStatusWatcher> leave) : IStatusWatcher
{
    private readonly Lock _gate = new();
    private readonly OrderedDictionary<TorrentId, TorrentStatus> _latest = [];
    private readonly HashSet<TorrentId>? _chosen = torrents is null ? null : [.. torrents];

    /// <summary>Contains an item while there are unread statuses; completed when no more follow.</summary>
    private readonly Channel<bool> _pending = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public TorrentId? Torrent => null;

    /// <summary>Takes the current torrents; chosen torrents that are not among them are not waited for.</summary>
    public void Begin(IReadOnlyList<TorrentStatus> statuses)
    {
        lock (_gate)
        {
            var running = new HashSet<TorrentId>();
            foreach (TorrentStatus status in statuses)
            {
                // A status that has arrived in the meantime is newer.
                if (TorrentId.TryParse(status.InfoHash, out TorrentId torrent) && running.Add(torrent) && !_latest.ContainsKey(torrent))
                    See(torrent, status, isLast: false);
            }

            _chosen?.IntersectWith(running);
            if (_chosen is { Count: 0 })
                End();
        }
    }

    /// <summary>Waits for statuses.</summary>
    /// <returns>False if no more follow.</returns>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (!await _pending.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            return false;
        _pending.Reader.TryRead(out _);
        return true;
    }

    /// <summary>Takes the latest statuses, one for each torrent, in the order of their arrival.</summary>
    public IReadOnlyList<TorrentStatus> Take()
    {
        lock (_gate)
        {
            TorrentStatus[] latest = [.. _latest.Values];
            _latest.Clear();
            return latest;
        }
    }

    public void See(TorrentId of, TorrentStatus status, bool isLast)
    {
        lock (_gate)
        {
            if (_chosen is not null && !_chosen.Contains(of))
                return;
            _latest.Remove(of);
            _latest.Add(of, status);
            _pending.Writer.TryWrite(true);
            if (isLast && _chosen is not null && _chosen.Remove(of) && _chosen.Count == 0)
                End();
        }
    }

    public void End() => _pending.Writer.TryComplete();

    public void Dispose()
    {
        End();
        leave(this);
    }
}
