using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>Watches the statuses of one torrent, of any patron. Keeps the latest few; ends with the torrent or engine.</summary>
internal sealed class StatusWatch(TorrentId torrent, Action<IStatusWatcher> leave) : IStatusWatcher
{
    private const int Kept = 16;

    private readonly Channel<TorrentStatus> _statuses = Channel.CreateBounded<TorrentStatus>(
        new BoundedChannelOptions(Kept) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    public TorrentId? Torrent => torrent;

    public ChannelReader<TorrentStatus> Statuses => _statuses.Reader;

    public void See(TorrentId of, TorrentStatus status, bool isLast)
    {
        _statuses.Writer.TryWrite(status);
        if (isLast)
            End();
    }

    public void End() => _statuses.Writer.TryComplete();

    public void Dispose()
    {
        End();
        leave(this);
    }
}
