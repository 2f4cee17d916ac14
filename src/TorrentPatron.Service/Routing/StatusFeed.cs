using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>
/// Sees the statuses of many torrents, whoever owns them. Of each torrent it keeps the latest that has not been taken, so that a
/// slow reader costs no memory and still gets every torrent's last. Ends with the torrents chosen, or the engine. Thread-safe.
/// </summary>
/// <param name="torrents">Which torrents; null: all, also those that come later.</param>
/// <param name="leave">Is told of its end.</param>
internal sealed class StatusFeed(IReadOnlyCollection<TorrentId>? torrents, Action<IStatusWatcher> leave) : IStatusWatcher
{
    private readonly Lock _gate = new();
    private readonly OrderedDictionary<TorrentId, TorrentStatus> _latest = [];
    private readonly HashSet<TorrentId>? _chosen = torrents is null ? null : [.. torrents];

    /// <summary>Holds something while there is news; complete when there will be no more.</summary>
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public TorrentId? Torrent => null;

    /// <summary>Takes the torrents as they are; those chosen that are not among them are not waited for.</summary>
    public void Begin(IReadOnlyList<TorrentStatus> statuses)
    {
        lock (_gate)
        {
            var running = new HashSet<TorrentId>();
            foreach (TorrentStatus status in statuses)
            {
                // What has been seen of it meanwhile is newer.
                if (TorrentId.TryParse(status.InfoHash, out TorrentId torrent) && running.Add(torrent) && !_latest.ContainsKey(torrent))
                    See(torrent, status, isLast: false);
            }

            _chosen?.IntersectWith(running);
            if (_chosen is { Count: 0 })
                End();
        }
    }

    /// <summary>Waits for news.</summary>
    /// <returns>False when there will be none.</returns>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (!await _news.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            return false;
        _news.Reader.TryRead(out _);
        return true;
    }

    /// <summary>Takes the latest statuses, one a torrent, in the order of their coming.</summary>
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
            _news.Writer.TryWrite(true);
            if (isLast && _chosen is not null && _chosen.Remove(of) && _chosen.Count == 0)
                End();
        }
    }

    public void End() => _news.Writer.TryComplete();

    public void Dispose()
    {
        End();
        leave(this);
    }
}
